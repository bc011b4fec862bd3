import Testing
import WaybillServer

@testable import WaybillBroker

/// What has happened to a dispatcher and is known without its own books; every action is checked against it.
struct DispatcherModel: ~Copyable {
  struct Ends {
    var answered = 0
    var late = 0
    var behind = 0
    var undelivered = 0
    var rejected = 0
    var refused: [String: Int] = [:]
  }

  private enum Place {
    case waiting
    /// Waiting again, taken back from a worker.
    case returned
    case with(worker: Int, until: Dispatcher.Time, isBehind: Bool, order: Int)
  }

  private struct Request {
    let client: Int
    let size: Int
    let admitted: Dispatcher.Time
    var place: Place
    var losses = 0
  }

  private struct Worker {
    let handle: Handle
    /// What it was given and has not answered, and what that was called.
    var asked: [(request: Int, handle: Handle)] = []
    /// Whether something was taken back from it that it has not answered.
    var isOverdue = false
    var lastHeard: Dispatcher.Time
    /// Since when it is idle, by the model's own clock.
    var idleSince: Int
  }

  private struct Client {
    var requests = 0
    var waiting = 0
    var bytes = 0
    /// When its queue last began, or a request of it was dispatched, by the model's own clock.
    var lastTurn = 0
    /// The requests of its queue, the oldest first.
    var queue: [Int] = []
  }

  private(set) var fault: String?
  private(set) var ends = Ends()
  private let limits = DispatchLimits(
    deadline: .seconds(4), retryAfter: .seconds(1), retryBehindAfter: .milliseconds(100), gathering: .zero,
    maxAttempts: 2, maxWaiting: 40, maxBytes: 8_000, maxInFlight: 4, pipelineThreshold: .milliseconds(10))
  private var dispatcher: Dispatcher
  private var generator: SeededGenerator
  private var now = Dispatcher.Time.zero
  /// Goes up by one whenever something joins the end of a queue.
  private var order = 0
  private var lastNumber = 0
  private var lastWelcome = 0
  private var requests: [Int: Request] = [:]
  private var workers: [Int: Worker] = [:]
  private var clients = [Client](repeating: Client(), count: 8)
  /// Which request each handle names that was given to a worker, those included that are over.
  private var requestNumbers: [Handle: Int] = [:]
  /// Which worker each handle names, those included that are gone.
  private var numbers: [Handle: Int] = [:]
  private var returned: [Int] = []
  private var oldAnswers: [(Handle, Handle)] = []
  /// The worker that the event is about, when it leaves.
  private var leaving: (number: Int, departure: Departure)?
  /// What each worker could not be sent.
  private var undelivered: [Int: Int] = [:]
  /// What the event that is being handled must lead to first.
  private var expectedRefusal: DispatchError?
  private var expectedAnswer: Int?
  private var isAnswerExpected = false

  init(seed: UInt64) {
    generator = SeededGenerator(seed: seed)
    dispatcher = Dispatcher(limits, at: now, firstUse: .max)
  }

  mutating func step() {
    now += .milliseconds(random(0...20))
    switch random(0...99) {
    case 0..<45: ask()
    case 45..<80: answer()
    case 80..<82: answerStrangely()
    case 82..<92: if let worker = anyWorker { handle(.heartbeat(worker)) }
    case 92..<96: if workers.count < 12 { join() }
    case 96..<97: if let worker = anyWorker { handle(.gone(worker, .disconnected)) }
    case 97..<99: if let worker = anyWorker { handle(.gone(worker, .silent)) }
    // Time in which nobody says anything.
    default: now += .milliseconds(random(0...1_500))
    }
    tick()
    checkBooks()
  }

  /// Time passes until nothing is left.
  mutating func finish() {
    for _ in 0..<100 where fault == nil {
      now += .milliseconds(100)
      tick()
    }
    if dispatcher.requestCount > 0 || !requests.isEmpty || dispatcher.clientCount > 0 { fault = "requests are left" }
  }

  private mutating func random(_ range: ClosedRange<Int>) -> Int { .random(in: range, using: &generator) }

  private var anyWorker: Handle? {
    mutating get { workers.keys.sorted().randomElement(using: &generator).flatMap { workers[$0]?.handle } }
  }

  private mutating func nextOrder() -> Int {
    order += 1
    return order
  }

  private mutating func checkBooks() {
    if dispatcher.requestCount != requests.count {
      fault = "\(requests.count) requests, not \(dispatcher.requestCount)"
    }
    if dispatcher.workerCount != workers.count { fault = "\(workers.count) workers, not \(dispatcher.workerCount)" }
    var (waiting, bytes, active) = (0, 0, 0)
    for client in clients {
      waiting += client.waiting
      bytes += client.bytes
      if client.requests > 0 { active += 1 }
    }
    if dispatcher.waitingCount != waiting { fault = "\(waiting) wait, not \(dispatcher.waitingCount)" }
    if dispatcher.byteCount != bytes { fault = "\(bytes) bytes, not \(dispatcher.byteCount)" }
    if dispatcher.clientCount != active { fault = "\(active) clients, not \(dispatcher.clientCount)" }
    if bytes > limits.maxBytes { fault = "too many bytes" }
    if waiting > 0, workers.values.contains(where: \.asked.isEmpty) { fault = "a request waits beside an idle worker" }
    if dispatcher.wake <= now { fault = "there is something to do" }
  }
}

// MARK: - Events

extension DispatcherModel {
  private mutating func ask() {
    lastNumber += 1
    // One client asks as often as all the others.
    let client = random(0...1) == 0 ? 0 : random(1...clients.count - 1)
    let size = random(0...10) == 0 ? random(0...3_000) : random(0...300)
    let waiting = clients.reduce(0) { $0 + $1.waiting }
    let bytes = clients.reduce(0) { $0 + $1.bytes }
    if workers.isEmpty {
      expectedRefusal = .noWorker
    } else if waiting >= limits.maxWaiting || bytes + size > limits.maxBytes {
      expectedRefusal = .queueFull
    } else if clients[client].waiting > limits.maxWaiting - waiting || clients[client].bytes > limits.maxBytes - bytes {
      expectedRefusal = .shareUsed
    } else {
      requests[lastNumber] = Request(
        client: client, size: size, admitted: now, place: .waiting)
      if clients[client].queue.isEmpty { clients[client].lastTurn = nextOrder() }
      clients[client].queue.append(lastNumber)
      clients[client].waiting += 1
      clients[client].requests += 1
      clients[client].bytes += size
    }
    handle(.request(PendingRequest(number: lastNumber), bytes: size, from: .numbered(UInt32(client))))
    if expectedRefusal != nil { fault = "\(lastNumber) is not refused" }
  }

  private mutating func join() {
    lastNumber += 1
    handle(.ready(RegisteredWorker(number: lastNumber)))
    if lastWelcome != lastNumber { fault = "worker \(lastNumber) is not welcome" }
  }

  private mutating func answer() {
    guard let worker = workers.filter({ !$0.value.asked.isEmpty }).keys.sorted().randomElement(using: &generator),
      let handle = workers[worker]?.handle, let (request, asked) = workers[worker]?.asked.first
    else { return }
    workers[worker]?.asked.removeFirst()
    noteIdle(worker)
    if oldAnswers.count < 1_000 {
      oldAnswers.append((asked, handle))
    } else {
      oldAnswers[random(0...999)] = (asked, handle)
    }
    expectAnswer(requests[request] == nil ? nil : request)
    self.handle(.answer(to: asked, by: handle))
    if isAnswerExpected { fault = "the answer to \(request) is neither taken nor dropped" }
  }

  /// An answer of a worker that is gone or was not asked, or to a question that was answered long ago.
  private mutating func answerStrangely() {
    guard let (request, worker) = oldAnswers.randomElement(using: &generator) else { return }
    // It may be the right one after all.
    let isAsked = workers.values.contains { known in
      known.handle == worker && known.asked.contains { $0.handle == request }
    }
    guard !isAsked else { return }
    expectAnswer(nil)
    handle(.answer(to: request, by: worker))
    if isAnswerExpected { fault = "a strange answer is not dropped" }
  }

  private mutating func expectAnswer(_ request: Int?) {
    isAnswerExpected = true
    expectedAnswer = request
  }

  /// Lets the dispatcher look at the clock, and reckons what that must lead to.
  private mutating func tick() {
    var overdue: [(number: Int, worker: Int, isBehind: Bool, order: Int)] = []
    for (number, request) in requests {
      guard case .with(let worker, let until, let isBehind, let order) = request.place, until <= now,
        request.admitted + limits.deadline > now
      else { continue }
      overdue.append((number, worker, isBehind, order))
    }
    // Those that a worker had in hand are taken back first, in the order in which they were given.
    overdue.sort { $0.isBehind == $1.isBehind ? $0.order < $1.order : $1.isBehind }
    for request in overdue {
      workers[request.worker]?.isOverdue = true
      takeBack(request.number)
    }
    handle(.tick)
  }

  private mutating func takeBack(_ number: Int) {
    guard let client = requests[number]?.client else { return }
    requests[number]?.place = .returned
    clients[client].waiting += 1
    returned.append(number)
  }

  private mutating func handle(_ event: Dispatcher.Event) {
    switch event {
    case .heartbeat(let worker), .answer(_, let worker):
      if let number = numbers[worker] { workers[number]?.lastHeard = now }
    case .gone(let worker, let departure): leaving = numbers[worker].map { ($0, departure) }
    default: break
    }
    dispatcher.handle(event, at: now)
    var living: [Handle] = []
    while fault == nil, let action = dispatcher.nextAction() {
      if case .heartbeat(let worker) = action, random(0...3) > 0 { living.append(worker) }
      carryOut(action)
    }
    for worker in living { handle(.heartbeat(worker)) }
  }
}

// MARK: - Actions

extension DispatcherModel {
  private mutating func carryOut(_ action: Dispatcher.Action) {
    switch action {
    case .dispatch(let request, let worker): dispatch(request, to: worker)
    case .answer(let pending):
      let request = pending.number
      if !isAnswerExpected || expectedAnswer != request { fault = "the answer to \(request) is not the one that came" }
      isAnswerExpected = false
      ends.answered += 1
      end(request)
    case .dropAnswer:
      if !isAnswerExpected || expectedAnswer != nil { fault = "an answer is dropped that counts" }
      isAnswerExpected = false
      ends.late += 1
    case .refuse(let request, let error): refuse(request.number, error)
    case .welcome(let handle):
      if dispatcher.worker(handle)?.number != lastNumber || numbers[handle] != nil { fault = "\(handle) is not new" }
      numbers[handle] = lastNumber
      lastWelcome = lastNumber
      workers[lastNumber] = Worker(handle: handle, lastHeard: now, idleSince: nextOrder())
    case .heartbeat(let handle): if worker(handle) == nil { fault = "a heartbeat for \(handle), which is gone" }
    case .forget(let worker, let departure): forget(worker.number, departure)
    case .dismiss: fault = "a worker is dismissed"
    }
  }

  private func worker(_ handle: Handle) -> Int? {
    numbers[handle].flatMap { workers[$0] == nil ? nil : $0 }
  }

  private mutating func dispatch(_ requestHandle: Handle, to workerHandle: Handle) {
    // Over already where it has no number: its worker could not be reached, and was the last.
    guard let number = requestNumbers[requestHandle] ?? dispatcher.request(requestHandle)?.number else { return }
    guard let request = requests[number], let chosen = worker(workerHandle), let worker = workers[chosen] else {
      return fault = "\(number) or its worker is not there"
    }
    requestNumbers[requestHandle] = number
    switch request.place {
    case .with: fault = "\(number) is with a worker already"
    case .returned:
      if returned.first != number { fault = "\(number) came back after \(returned)" }
      returned.removeFirst()
    case .waiting:
      let client = clients[request.client]
      let isBefore = clients.contains { !$0.queue.isEmpty && $0.lastTurn < client.lastTurn }
      if isBefore || client.queue.first != number || !returned.isEmpty { fault = "it is not the turn of \(number)" }
      clients[request.client].queue.removeFirst()
      clients[request.client].lastTurn = nextOrder()
    }
    clients[request.client].waiting -= 1
    let isBehind = !worker.asked.isEmpty
    let idle = workers.values.filter(\.asked.isEmpty)
    if worker.isOverdue || worker.asked.count >= limits.maxInFlight { fault = "\(chosen) may not have \(number)" }
    if isBehind ? !idle.isEmpty : idle.contains(where: { $0.idleSince < worker.idleSince }) {
      fault = "\(number) is given to \(chosen) while another worker is idle, or has been for longer"
    }
    if isBehind { ends.behind += 1 }
    let time = isBehind ? limits.retryBehindAfter : limits.retryAfter
    let order = nextOrder()
    requests[number]?.place = .with(worker: chosen, until: now + time, isBehind: isBehind, order: order)
    workers[chosen]?.asked.append((number, requestHandle))
    // Sometimes the worker cannot be reached, or the client is not to be sent more.
    let chance = random(0...199)
    guard chance < 2, dispatcher.request(requestHandle) != nil, dispatcher.worker(workerHandle) != nil else { return }
    if chance == 0 {
      ends.undelivered += 1
      undelivered[chosen] = number
      dispatcher.handle(.undeliverable(requestHandle, to: workerHandle), at: now)
    } else {
      ends.rejected += 1
      dispatcher.handle(.reject(requestHandle, to: workerHandle), at: now)
    }
  }

  private mutating func forget(_ number: Int, _ departure: Departure) {
    guard let worker = workers.removeValue(forKey: number) else { return fault = "\(number) is gone already" }
    let isExpected: Bool
    if let leaving, leaving.number == number {
      isExpected = departure == leaving.departure
      self.leaving = nil
    } else if undelivered[number] != nil {
      isExpected = departure == .unreachable
    } else {
      isExpected = departure == .silent && worker.lastHeard + limits.heartbeat.timeout <= now
    }
    if !isExpected { fault = "\(number) is gone: \(departure)" }
    for (request, _) in worker.asked {
      if case .with(number, _, _, _) = requests[request]?.place { takeBack(request) }
    }
    if departure.isLoss, let suspect = worker.asked.first?.request, undelivered[number] != suspect {
      requests[suspect]?.losses += 1
    }
    undelivered[number] = nil
  }

  private mutating func refuse(_ number: Int, _ error: DispatchError) {
    let name: String
    switch error {
    case .deadline: name = "deadline"
    case .workersLost: name = "workersLost"
    default: name = "\(error)"
    }
    ends.refused[name, default: 0] += 1
    if let expected = expectedRefusal {
      if number != lastNumber || error != expected { fault = "\(number) is refused: \(error), not \(expected)" }
      expectedRefusal = nil
      return
    }
    guard let request = requests[number] else { return fault = "\(number) is over and refused: \(error)" }
    let isRight =
      switch error {
      case .deadline: request.admitted + limits.deadline <= now
      case .noWorker: workers.isEmpty
      case .workersLost(let count): count == limits.maxAttempts && request.losses == count
      case .unread: takeRejected(number)
      case .queueFull, .shareUsed, .stopping: false
      }
    if !isRight { fault = "\(number) is refused: \(error)" }
    end(number)
  }

  /// Takes a request from its worker that was not sent.
  private mutating func takeRejected(_ number: Int) -> Bool {
    guard case .with(let worker, _, _, _) = requests[number]?.place else { return false }
    workers[worker]?.asked.removeAll { $0.request == number }
    noteIdle(worker)
    return true
  }

  private mutating func noteIdle(_ worker: Int) {
    guard workers[worker]?.asked.isEmpty == true else { return }
    let order = nextOrder()
    workers[worker]?.isOverdue = false
    workers[worker]?.idleSince = order
  }

  private mutating func end(_ number: Int) {
    guard let request = requests.removeValue(forKey: number) else { return fault = "\(number) is over already" }
    clients[request.client].requests -= 1
    clients[request.client].bytes -= request.size
    switch request.place {
    case .with: return
    case .waiting: clients[request.client].queue.removeAll { $0 == number }
    case .returned: returned.removeAll { $0 == number }
    }
    clients[request.client].waiting -= 1
  }
}
