internal import WaybillServer

/// Decides which worker gets which request, and what becomes of those that are late, lost or too many.
///
/// It is pure: it knows neither sockets nor a clock, and never looks at what it keeps for the loop of each request and
/// each worker. ``handle(_:at:)`` takes one event; ``nextAction()`` then gives what is to be done, until there is
/// nothing. A request that was admitted waits or is with exactly one worker until it is answered or refused, once. An
/// event costs the same however many requests, workers and clients there are.
///
/// A worker has one request at a time. Only when all are busy, a worker that has just answered quickly is given the next
/// request before it has answered, so that neither end has to be woken for each. What it does not get to soon goes to
/// another worker.
struct Dispatcher: ~Copyable {
  /// The time since a moment before all events. Not an `Instant`: its size is known only at run time, and whatever it is
  /// part of would be copied through a table of functions.
  typealias Time = Duration

  private struct RequestEntry {
    let request: PendingRequest
    let client: Int
    let bytes: Int
    let deadline: Time
    var state = RequestState.waiting
    /// How many workers were lost with it.
    var losses = 0
  }

  private struct WorkerEntry {
    let worker: RegisteredWorker
    var lastHeard: Time
    var lastAnswer: Time
    /// How many requests it may have.
    var maxInFlight = 1
    var state = WorkerState.idle

    var status: BrokerStatus.Worker {
      let shown: BrokerStatus.Worker.State =
        switch state {
        case .idle: .idle
        case .busy: .busy
        case .overdue: .overdue
        }
      return BrokerStatus.Worker(
        name: worker.name, address: worker.address, state: shown, inFlight: state.assignments?.count ?? 0,
        answered: worker.answered, joined: worker.joined)
    }
  }

  let limits: DispatchLimits
  private var requests: HandleTable<RequestEntry>
  private var workers: HandleTable<WorkerEntry>
  /// The clients, and the requests that wait.
  private var queues: ClientQueues
  /// Requests that are with a worker, in two lists by their state; the one given longest ago in front.
  private var inFlight = IndexList()
  private var behind = IndexList()
  private var heldLinks = IndexList.Links()
  /// All requests, the oldest in front.
  private var byAge = IndexList()
  private var ageLinks = IndexList.Links()
  /// Workers that may have a request: without one, or with room for more; the one used longest ago in front.
  private var idle = IndexList()
  private var roomy = IndexList()
  private var roomLinks = IndexList.Links()
  /// All workers, the one not heard of for the longest time in front.
  private var bySilence = IndexList()
  private var silenceLinks = IndexList.Links()
  private var nextHeartbeats: Time
  /// Until when requests wait although there is no worker; nil once there was one, or the time is over.
  private var gatheringEnd: Time?
  private var actions: [Action] = []
  private var actionsTaken = 0

  init(_ limits: DispatchLimits, at now: Time, firstUse: UInt32 = 0) {
    self.limits = limits
    requests = HandleTable(firstUse: firstUse)
    workers = HandleTable(firstUse: firstUse)
    queues = ClientQueues(maxWaiting: limits.maxWaiting, maxBytes: limits.maxBytes)
    nextHeartbeats = now + limits.heartbeat.interval
    gatheringEnd = now + limits.gathering
  }
}

// MARK: - What it keeps

extension Dispatcher {
  /// How many requests wait or are with a worker.
  var requestCount: Int { requests.count }
  /// How many workers there are, idle or not.
  var workerCount: Int { workers.count }
  /// How many requests wait for a worker.
  var waitingCount: Int { queues.waiting }
  /// How many clients have a request that is not over.
  var clientCount: Int { queues.clientCount }
  /// The bytes of all requests that are not over.
  var byteCount: Int { queues.bytes }

  /// A request that is not over.
  func request(_ handle: Handle) -> PendingRequest? { requests.contains(handle) ? requests[handle.slot].request : nil }
  /// A worker that is not gone.
  func worker(_ handle: Handle) -> RegisteredWorker? { workers.contains(handle) ? workers[handle.slot].worker : nil }

  /// The workers, the one not heard of for the longest time in front.
  var workerStatuses: [BrokerStatus.Worker] {
    var statuses: [BrokerStatus.Worker] = []
    statuses.reserveCapacity(workers.count)
    for slot in bySilence.slots(in: silenceLinks) { statuses.append(workers[slot].status) }
    return statuses
  }

  /// When time alone makes something to do.
  var wake: Time {
    var wake = nextHeartbeats
    if let slot = byAge.first { wake = min(wake, requests[slot].deadline) }
    for slot in [inFlight.first, behind.first] {
      if let holder = slot.flatMap({ requests[$0].state.holder }) { wake = min(wake, holder.until) }
    }
    if let slot = bySilence.first { wake = min(wake, workers[slot].lastHeard + limits.heartbeat.timeout) }
    if let gatheringEnd { wake = min(wake, gatheringEnd) }
    return wake
  }
}

// MARK: - Events in, actions out

extension Dispatcher {
  /// Takes an event. Ask ``nextAction()`` what to do before the next one.
  mutating func handle(_ event: Event, at now: Time) {
    if let end = gatheringEnd, end <= now { gatheringEnd = nil }
    switch event {
    case .request(let request, let bytes, let client): admit(request, bytes, from: client, at: now)
    case .ready(let worker): join(worker, at: now)
    case .heartbeat(let worker): if workers.contains(worker) { hear(from: worker.slot, at: now) }
    case .answer(let request, let worker): settle(request, by: worker, at: now)
    case .undeliverable(let request, let worker): remove(worker, because: .unreachable, undelivered: request)
    case .reject(let request, let worker): reject(request, to: worker)
    case .gone(let worker, let departure): remove(worker, because: departure)
    case .tick: passTime(until: now)
    case .stop: return stop()
    }
    dispatchWaiting(at: now)
  }

  /// The next thing to do; nil when there is nothing more.
  ///
  /// A worker may be gone, and a request over, by the time that the action which names it is carried out: then there is
  /// nothing to do for it.
  mutating func nextAction() -> Action? {
    guard actionsTaken < actions.count else {
      if actionsTaken > 0 { actions.removeAll(keepingCapacity: true) }
      actionsTaken = 0
      return nil
    }
    defer { actionsTaken += 1 }
    return actions[actionsTaken]
  }

  /// Whether there is a worker to wait for, or may be one soon.
  private var mayWait: Bool { workers.count > 0 || gatheringEnd != nil }

  private mutating func admit(_ request: PendingRequest, _ bytes: Int, from client: ClientID, at now: Time) {
    do throws(DispatchError) {
      guard mayWait else { throw .noWorker }
      let client = try queues.admit(client, bytes: bytes)
      let entry = RequestEntry(request: request, client: client, bytes: bytes, deadline: now + limits.deadline)
      let slot = requests.insert(entry).slot
      queues.append(slot, of: client)
      byAge.append(slot, in: &ageLinks)
    } catch {
      actions.append(.refuse(request, error))
    }
  }

  private mutating func join(_ worker: RegisteredWorker, at now: Time) {
    let handle = workers.insert(WorkerEntry(worker: worker, lastHeard: now, lastAnswer: now))
    gatheringEnd = nil
    idle.append(handle.slot, in: &roomLinks)
    bySilence.append(handle.slot, in: &silenceLinks)
    actions.append(.welcome(handle))
  }

  private mutating func hear(from slot: Int, at now: Time) {
    workers[slot].lastHeard = now
    bySilence.remove(slot, in: &silenceLinks)
    bySilence.append(slot, in: &silenceLinks)
  }

  /// The first answer counts, be it from a worker that took so long that another was asked as well.
  private mutating func settle(_ request: Handle, by worker: Handle, at now: Time) {
    guard workers.contains(worker) else { return actions.append(.dropAnswer) }
    let slot = worker.slot
    hear(from: slot, at: now)
    guard let assignment = workers[slot].state.assignments?[request] else { return actions.append(.dropAnswer) }
    // One slow answer may be the machine's fault; a worker that is slow has one request again after three of them.
    let depth = workers[slot].maxInFlight
    let isQuick = now - max(assignment.since, workers[slot].lastAnswer) <= limits.pipelineThreshold
    workers[slot].maxInFlight = isQuick ? min(depth + 1, limits.maxInFlight) : max(depth / 2, 1)
    workers[slot].lastAnswer = now
    changeState(ofWorker: slot) { $0.remove(request) }
    actions.append(requests.contains(request) ? .answer(finish(request.slot)) : .dropAnswer)
  }

  private mutating func reject(_ request: Handle, to worker: Handle) {
    guard workers.contains(worker), isHeld(request, by: worker.slot) else { return }
    changeState(ofWorker: worker.slot) { $0.remove(request) }
    refuse(request.slot, .unread)
  }

  /// A worker is gone. What it had waits again, before all others.
  private mutating func remove(_ worker: Handle, because departure: Departure, undelivered: Handle? = nil) {
    guard workers.contains(worker) else { return }
    let slot = worker.slot
    let given = workers[slot].state.assignments?.all.map(\.request) ?? []
    for request in given where isHeld(request, by: slot) { takeBack(request.slot) }
    leaveRoom(slot)
    bySilence.remove(slot, in: &silenceLinks)
    actions.append(.forget(workers[slot].worker, departure))
    workers.remove(slot: slot)
    // A worker takes one request after the other, so it can only have died of the first.
    guard departure.isLoss, let suspect = given.first, suspect != undelivered, requests.contains(suspect) else {
      return
    }
    requests[suspect.slot].losses += 1
    let losses = requests[suspect.slot].losses
    if losses >= limits.maxAttempts { refuse(suspect.slot, .workersLost(losses)) }
  }

  private mutating func passTime(until now: Time) {
    while let slot = byAge.first, requests[slot].deadline <= now { refuse(slot, .deadline(limits.deadline)) }
    while let slot = overdue(inFlight.first, at: now) ?? overdue(behind.first, at: now) { takeBack(slot) }
    while let slot = bySilence.first, workers[slot].lastHeard + limits.heartbeat.timeout <= now {
      remove(workers.handle(ofSlot: slot), because: .silent)
    }
    guard nextHeartbeats <= now else { return }
    nextHeartbeats = now + limits.heartbeat.interval
    for slot in bySilence.slots(in: silenceLinks) { actions.append(.heartbeat(workers.handle(ofSlot: slot))) }
  }

  private func overdue(_ slot: Int?, at now: Time) -> Int? {
    guard let slot, let holder = requests[slot].state.holder, holder.until <= now else { return nil }
    return slot
  }

  private mutating func stop() {
    while let slot = byAge.first { refuse(slot, .stopping) }
    for slot in bySilence.slots(in: silenceLinks) { actions.append(.dismiss(workers.handle(ofSlot: slot))) }
  }
}

// MARK: - Requests

extension Dispatcher {
  private mutating func dispatchWaiting(at now: Time) {
    while let request = queues.first {
      guard mayWait else {
        refuse(request, .noWorker)
        continue
      }
      guard let worker = idle.first ?? roomy.first else { return }
      dispatch(request, to: worker, at: now)
    }
  }

  private mutating func dispatch(_ request: Int, to worker: Int, at now: Time) {
    let handle = requests.handle(ofSlot: request)
    let assignment = Assignments.Assignment(request: handle, since: now)
    queues.dispatch(request, of: requests[request].client)
    if case .idle = workers[worker].state {
      requests[request].state = .inFlight(worker: worker, until: now + limits.retryAfter)
      inFlight.append(request, in: &heldLinks)
    } else {
      let time = min(limits.retryAfter, limits.retryBehindAfter)
      requests[request].state = .behind(worker: worker, until: now + time)
      behind.append(request, in: &heldLinks)
    }
    changeState(ofWorker: worker) { $0.assign(assignment) }
    actions.append(.dispatch(handle, to: workers.handle(ofSlot: worker)))
  }

  private func isHeld(_ request: Handle, by worker: Int) -> Bool {
    requests.contains(request) && requests[request.slot].state.holder?.worker == worker
  }

  /// Lets a request wait again. Its worker gets nothing else until it answers: then it is known to be there.
  private mutating func takeBack(_ slot: Int) {
    guard let worker = leaveWorker(slot) else { return }
    requests[slot].state = .waiting
    queues.takeBack(slot, of: requests[slot].client)
    workers[worker].maxInFlight = 1
    changeState(ofWorker: worker) { $0.fallBehind() }
  }

  /// Takes a request off the list of those that are with workers.
  ///
  /// - Returns: The worker that has it; nil when it waits.
  private mutating func leaveWorker(_ slot: Int) -> Int? {
    switch requests[slot].state {
    case .waiting:
      return nil
    case .inFlight(let worker, _):
      inFlight.remove(slot, in: &heldLinks)
      return worker
    case .behind(let worker, _):
      behind.remove(slot, in: &heldLinks)
      return worker
    }
  }

  private mutating func refuse(_ slot: Int, _ error: DispatchError) {
    actions.append(.refuse(finish(slot), error))
  }

  /// A request is over.
  private mutating func finish(_ slot: Int) -> PendingRequest {
    let client = requests[slot].client
    if leaveWorker(slot) == nil { queues.remove(slot, of: client) }
    queues.release(client, bytes: requests[slot].bytes)
    byAge.remove(slot, in: &ageLinks)
    defer { requests.remove(slot: slot) }
    return requests[slot].request
  }
}

// MARK: - Workers

extension Dispatcher {
  /// Changes the state of a worker, and puts it behind the others that may have as much as it may.
  private mutating func changeState(ofWorker slot: Int, _ change: (inout WorkerState) -> Void) {
    leaveRoom(slot)
    change(&workers[slot].state)
    switch workers[slot].state {
    case .idle:
      idle.append(slot, in: &roomLinks)
    case .busy(let assignments) where assignments.count < workers[slot].maxInFlight:
      roomy.append(slot, in: &roomLinks)
    case .busy, .overdue:
      break
    }
  }

  /// Takes a worker off the list of those that may have a request.
  private mutating func leaveRoom(_ slot: Int) {
    guard roomLinks.contains(slot) else { return }
    if case .idle = workers[slot].state {
      idle.remove(slot, in: &roomLinks)
    } else {
      roomy.remove(slot, in: &roomLinks)
    }
  }
}
