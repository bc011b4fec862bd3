internal import ImageWire

/// Decides which worker gets which request, and what becomes of requests and workers that time or death overtakes.
///
/// Pure: it knows neither sockets nor clocks. What happened is told by ``admit(bytes:at:)``, ``join(at:)``,
/// ``hear(from:at:)``, ``settle(_:by:at:)`` and ``remove(_:because:)``; what to do is asked for by ``next(at:)`` until
/// there is nothing. Every request that was admitted is waiting, or with exactly one worker, until it is settled or
/// refused, once. No call costs more when there are more requests or workers.
///
/// A worker has one request at a time. Only when all are busy, one that has just answered quickly is given the next
/// before it asks, so that neither end has to be woken for each; what it does not get to soon goes to somebody else.
struct Dispatcher: ~Copyable {
  typealias Time = ContinuousClock.Instant

  /// What to do now.
  enum Action: Equatable {
    /// Send a request to a worker, which is idle.
    case dispatch(Handle, to: Handle)
    /// Tell a client why it gets no answer; the request is over.
    case refuse(Handle, DispatchError)
    /// Tell a worker that the broker is there, and see whether the worker is.
    case heartbeat(Handle)
    /// Forget a worker that was not heard of; what it held waits again.
    case expire(Handle)
  }

  /// Why a worker is no longer one.
  enum Departure {
    /// It said so, and has not touched what it was given last.
    case leaving
    /// It vanished, perhaps because of what it was given last.
    case lost
  }

  private struct Request {
    var bytes = 0
    var deadline: Time
    /// When its worker has had it for too long.
    var overdue: Time
    /// The worker that has it, nil while it waits.
    var worker: Int?
    /// How many workers vanished with it.
    var losses = 0
  }

  private struct Worker {
    var lastHeard: Time
    /// What it was given and has not answered, the first first, be it over or somebody else's by now.
    var asked: [(request: Handle, since: Time)] = []
    /// When it answered last.
    var lastAnswer: Time
    /// How many requests it may have.
    var depth = 1
    /// Whether something was taken back from it. Then it gets nothing until it has answered everything.
    var isOverdue = false
  }

  let limits: DispatchLimits
  private var requestTickets: HandleTable
  private var workerTickets: HandleTable
  private var requests: [Request] = []
  private var workers: [Worker] = []
  /// Requests without a worker, in the order in which they came.
  private var waiting = IndexList()
  /// Requests that came back from a worker, which go before the others.
  private var returned = IndexList()
  /// Requests given to a worker that was idle, the one given longest ago first.
  private var inFlight = IndexList()
  /// Requests given to a worker that had another one, the one given longest ago first.
  private var behind = IndexList()
  /// All requests, the oldest first.
  private var byAge = IndexList()
  /// Workers without a request, the one used longest ago first.
  private var idle = IndexList()
  /// Workers with requests and room for more, the one used longest ago first.
  private var roomy = IndexList()
  /// All workers, the one not heard of for the longest time first.
  private var bySilence = IndexList()
  /// Workers that have yet to be sent a heartbeat in this round, as a slot to go on from.
  private var heartbeatSlot: Int?
  private var nextHeartbeats: Time
  private var bytes = 0

  init(_ limits: DispatchLimits, at now: Time, firstUse: UInt32 = 0) {
    self.limits = limits
    requestTickets = HandleTable(firstUse: firstUse)
    workerTickets = HandleTable(firstUse: firstUse)
    nextHeartbeats = now + limits.heartbeatInterval
  }

  /// How many requests are waiting or with a worker.
  var requestCount: Int { requestTickets.count }
  /// How many workers there are, idle or not.
  var workerCount: Int { workerTickets.count }
  /// How many requests wait for a worker.
  var waitingCount: Int { waiting.count + returned.count }

  /// Whether this is a worker that has not left.
  func isKnown(worker: Handle) -> Bool { workerTickets.isValid(worker) }
}

// MARK: - What happened

extension Dispatcher {
  /// A request came.
  ///
  /// - Parameters:
  ///   - size: How many bytes of memory it takes until it is over.
  ///   - now: The time.
  /// - Returns: Its ticket; or why it is refused.
  mutating func admit(bytes size: Int, at now: Time) -> Result<Handle, DispatchError> {
    guard workerCount > 0 else { return .failure(.noWorker) }
    guard waitingCount < limits.waiting, bytes + size <= limits.bytes else { return .failure(.queueFull) }
    let ticket = requestTickets.take()
    let deadline = now + limits.deadline
    let request = Request(bytes: size, deadline: deadline, overdue: deadline)
    if ticket.slot < requests.count { requests[ticket.slot] = request } else { requests.append(request) }
    bytes += size
    waiting.append(ticket.slot)
    byAge.append(ticket.slot)
    return .success(ticket)
  }

  /// A worker came, and is idle.
  mutating func join(at now: Time) -> Handle {
    let ticket = workerTickets.take()
    let worker = Worker(lastHeard: now, lastAnswer: now)
    if ticket.slot < workers.count { workers[ticket.slot] = worker } else { workers.append(worker) }
    idle.append(ticket.slot)
    bySilence.append(ticket.slot)
    return ticket
  }

  /// A worker gave a sign of life.
  mutating func hear(from worker: Handle, at now: Time) {
    guard isKnown(worker: worker) else { return }
    workers[worker.slot].lastHeard = now
    bySilence.remove(worker.slot)
    bySilence.append(worker.slot)
  }

  /// A worker answered.
  ///
  /// The first answer counts, be it from a worker that took so long that another was asked as well.
  ///
  /// - Returns: Whether to give the answer to the client, whose request is over then. Not when it was over already, or
  ///   the worker was not asked.
  mutating func settle(_ request: Handle, by worker: Handle, at now: Time) -> Bool {
    guard isKnown(worker: worker) else { return false }
    hear(from: worker, at: now)
    let slot = worker.slot
    guard let index = workers[slot].asked.firstIndex(where: { $0.request == request }) else { return false }
    let begun = max(workers[slot].asked.remove(at: index).since, workers[slot].lastAnswer)
    workers[slot].lastAnswer = now
    // One slow answer may be the machine's fault; a worker that is slow has one request again after three of them.
    let depth = workers[slot].depth
    workers[slot].depth = now - begun <= limits.quick ? min(depth + 1, limits.depth) : max(depth / 2, 1)
    if workers[slot].asked.isEmpty { workers[slot].isOverdue = false }
    line(up: slot)
    guard requestTickets.isValid(request) else { return false }
    finish(request.slot)
    return true
  }

  /// A worker is gone. What it had waits again, before all others.
  ///
  /// - Returns: What to tell the client when the request has cost too many workers already.
  mutating func remove(_ worker: Handle, because departure: Departure) -> Action? {
    guard isKnown(worker: worker) else { return nil }
    let held = workers[worker.slot].asked.map(\.request).filter { isHeld($0, by: worker) }
    for request in held { takeBack(request.slot) }
    workers[worker.slot].asked = []
    idle.remove(worker.slot)
    roomy.remove(worker.slot)
    bySilence.remove(worker.slot)
    workerTickets.giveBack(worker.slot)
    // A worker takes one after the other, so that it can only be the first that it died of.
    guard departure == .lost, let suspect = held.first?.slot else { return nil }
    requests[suspect].losses += 1
    guard requests[suspect].losses >= limits.losses else { return nil }
    return refuse(suspect, .workersLost(requests[suspect].losses))
  }

  private func isHeld(_ request: Handle, by worker: Handle) -> Bool {
    requestTickets.isValid(request) && requests[request.slot].worker == worker.slot
  }

  /// Puts a worker behind the others that may have as much as it may.
  private mutating func line(up slot: Int) {
    idle.remove(slot)
    roomy.remove(slot)
    guard !workers[slot].isOverdue else { return }
    if workers[slot].asked.isEmpty {
      idle.append(slot)
    } else if workers[slot].asked.count < workers[slot].depth {
      roomy.append(slot)
    }
  }

  /// Lets a request wait again. Its worker gets nothing else until it answers: then it is known to be there.
  private mutating func takeBack(_ slot: Int) {
    if let worker = requests[slot].worker {
      workers[worker].isOverdue = true
      workers[worker].depth = 1
      line(up: worker)
    }
    requests[slot].worker = nil
    inFlight.remove(slot)
    behind.remove(slot)
    returned.append(slot)
  }

  private mutating func refuse(_ slot: Int, _ refusal: DispatchError) -> Action? {
    guard let ticket = requestTickets.ticket(ofSlot: slot) else { return nil }
    finish(slot)
    return .refuse(ticket, refusal)
  }

  private mutating func finish(_ slot: Int) {
    bytes -= requests[slot].bytes
    waiting.remove(slot)
    returned.remove(slot)
    inFlight.remove(slot)
    behind.remove(slot)
    byAge.remove(slot)
    requestTickets.giveBack(slot)
  }
}

// MARK: - What to do

extension Dispatcher {
  /// What to do next, or nil when there is nothing to do before ``wake``.
  ///
  /// Ask only when everything that the workers have said was told: time that is over is over for good here, though an
  /// answer may lie in a socket that nobody has looked at for a while.
  mutating func next(at now: Time) -> Action? {
    if let slot = byAge.first, requests[slot].deadline <= now {
      return refuse(slot, .deadline(limits.deadline))
    }
    while let slot = inFlight.first, requests[slot].overdue <= now { takeBack(slot) }
    while let slot = behind.first, requests[slot].overdue <= now { takeBack(slot) }
    if let slot = bySilence.first, workers[slot].lastHeard + limits.heartbeatTimeout <= now {
      return workerTickets.ticket(ofSlot: slot).map { .expire($0) }
    }
    return nextForWaiting(at: now) ?? nextHeartbeat(at: now)
  }

  /// What to do next for a request that waits, whatever time it is.
  mutating func nextForWaiting(at now: Time) -> Action? {
    guard let request = returned.first ?? waiting.first else { return nil }
    guard workerCount > 0 else { return refuse(request, .noWorker) }
    return (idle.first ?? roomy.first).flatMap { dispatch(request, to: $0, at: now) }
  }

  /// Gives up the oldest request, until there is none.
  mutating func abandon() -> Action? {
    byAge.first.flatMap { refuse($0, .stopping) }
  }

  /// When there is something to do even if nothing happens until then.
  var wake: Time {
    var wake = nextHeartbeats
    if let slot = byAge.first { wake = min(wake, requests[slot].deadline) }
    if let slot = inFlight.first { wake = min(wake, requests[slot].overdue) }
    if let slot = behind.first { wake = min(wake, requests[slot].overdue) }
    if let slot = bySilence.first { wake = min(wake, workers[slot].lastHeard + limits.heartbeatTimeout) }
    return wake
  }

  private mutating func dispatch(_ request: Int, to worker: Int, at now: Time) -> Action? {
    guard let requestTicket = requestTickets.ticket(ofSlot: request),
      let workerTicket = workerTickets.ticket(ofSlot: worker)
    else { return nil }
    waiting.remove(request)
    returned.remove(request)
    let isFirst = workers[worker].asked.isEmpty
    if isFirst { inFlight.append(request) } else { behind.append(request) }
    requests[request].worker = worker
    requests[request].overdue = now + (isFirst ? limits.patience : min(limits.patience, limits.patienceBehind))
    workers[worker].asked.append((requestTicket, now))
    line(up: worker)
    return .dispatch(requestTicket, to: workerTicket)
  }

  private mutating func nextHeartbeat(at now: Time) -> Action? {
    if heartbeatSlot == nil, nextHeartbeats <= now {
      heartbeatSlot = 0
      nextHeartbeats = now + limits.heartbeatInterval
    }
    while let slot = heartbeatSlot {
      guard slot < workerTickets.slots else {
        heartbeatSlot = nil
        return nil
      }
      heartbeatSlot = slot + 1
      if let worker = workerTickets.ticket(ofSlot: slot) { return .heartbeat(worker) }
    }
    return nil
  }
}
