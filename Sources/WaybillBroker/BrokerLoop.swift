internal import CurveSecurity
internal import Diagnostics
internal import ImageAPI
internal import ImageWire
internal import Logging
internal import MessagePack
internal import WaybillServer
internal import ZeroMQ

/// Carries out what a ``Dispatcher`` decides, between a ROUTER for clients and one for workers, on one thread.
///
/// Messages pass through as they are: no body is copied or looked at, except that of a request which the broker refuses,
/// for the form of its reply.
struct BrokerLoop: ~Copyable {
  private let frontend: Socket
  private let backend: Socket
  /// Who may ask, and who may answer.
  private let clientAuthenticator, workerAuthenticator: ZAPAuthenticator
  private let logger: Logger
  private var dispatcher: Dispatcher
  private(set) var counts = BrokerCounts()
  /// When the last request came.
  private var lastRequest: Dispatcher.Time
  private var poller = Poller()
  private var now: Dispatcher.Time
  /// What a worker said last.
  private var incoming = MultipartMessage()
  /// What a client said last.
  private var newcomer = PendingRequest()
  /// By slot.
  private var requests: [PendingRequest] = []
  private var workers: [RegisteredWorker?] = []
  private var slots: [[UInt8]: Int] = [:]
  private var unpacker = Unpacker(limits: .request)
  private let unread: OutstandingReplies

  init(
    frontend: consuming Socket, backend: consuming Socket, clientAuthenticator: ZAPAuthenticator,
    workerAuthenticator: ZAPAuthenticator,
    limits: DispatchLimits, unread: OutstandingReplies, logger: Logger
  ) {
    now = .now
    lastRequest = now
    poller.add(frontend)
    poller.add(backend)
    self.frontend = frontend
    self.backend = backend
    self.clientAuthenticator = clientAuthenticator
    self.workerAuthenticator = workerAuthenticator
    self.logger = logger
    self.unread = unread
    dispatcher = Dispatcher(limits, at: now, firstUse: .random(in: 0...UInt32.max))
  }

  /// Takes what has come and does what is to be done; waits for either when there is nothing.
  mutating func turn(waitingAtMost longest: Duration = .seconds(60)) throws(ZeroMQError) {
    now = .now
    // Answers first: they make room for what the requests need, and no time is over while they are unread.
    let hasAnswers = try takeCommands()
    while let action = dispatcher.next(at: now) { try carryOut(action) }
    let hasRequests = try takeRequests()
    guard !hasAnswers, !hasRequests else { return }
    try poller.wait(timeout: min(longest, dispatcher.wake - .now))
  }

  /// As many requests as are taken before the workers have their turn, and the clock is read again.
  private static let batch = 64
  /// More than workers that keep to the protocol can have said, as each may only answer.
  private static let maxCommands = 10_000

  /// What fits the envelope and the body of any client: more parts or bytes are not a request.
  private static let maxParts = 64
  private static let maxBytes = Socket.maxRequestBytes + 4_096

  private mutating func takeCommands() throws(ZeroMQError) -> Bool {
    for count in 0..<Self.maxCommands {
      guard try backend.receiveIfReady(into: &incoming, maxParts: .max, maxBytes: .max) else { return count > 0 }
      try takeCommand()
      try dispatchWaiting()
    }
    return true
  }

  private mutating func takeRequests() throws(ZeroMQError) -> Bool {
    for count in 0..<Self.batch {
      guard try takeRequest() else { return count > 0 }
      try dispatchWaiting()
    }
    return true
  }

  private mutating func dispatchWaiting() throws(ZeroMQError) {
    while let action = dispatcher.nextForWaiting(at: now) { try carryOut(action) }
  }
}

// MARK: - Clients

extension BrokerLoop {
  /// Takes a request, if one has come.
  private mutating func takeRequest() throws(ZeroMQError) -> Bool {
    do throws(ZeroMQError) {
      guard try frontend.receiveIfReady(into: &newcomer.message, maxParts: Self.maxParts, maxBytes: Self.maxBytes)
      else { return false }
    } catch {
      guard error.code == .messageTooLarge else { throw error }
      try refuseOversized(error)
      return true
    }
    lastRequest = now
    guard newcomer.findBody(), newcomer.bodyStart < newcomer.message.count else {
      // As a REP socket has it: what is no request gets no reply.
      counts.invalid += 1
      return true
    }
    if let refusal = clientAuthenticator.refusal(of: newcomer.message, frame: newcomer.bodyStart) {
      try refuse(newcomer, with: refusal)
      return true
    }
    switch dispatcher.admit(bytes: newcomer.message.byteCount, at: now) {
    case .success(let ticket):
      while requests.count <= ticket.slot { requests.append(PendingRequest()) }
      swap(&newcomer, &requests[ticket.slot])
    case .failure(let refusal): try refuse(newcomer, with: refusal.error)
    }
    return true
  }

  private mutating func refuseOversized(_ error: ZeroMQError) throws(ZeroMQError) {
    counts.invalid += 1
    guard newcomer.findBody() else { return }
    try newcomer.answer(
      APIError(.invalidArgument, "a request is one message part: \(error.reason)"), in: .plain, on: frontend)
  }

  /// Answers a request by an error, in the form of the request.
  private mutating func refuse(_ request: PendingRequest, with error: APIError) throws(ZeroMQError) {
    counts.refused += 1
    try request.answer(error, on: frontend, &unpacker)
  }
}

// MARK: - Workers

extension BrokerLoop {
  /// The parts of a FINAL: whose it is, two of the command, the address, an empty one, and then the reply.
  private static let replyStart = 5

  private mutating func takeCommand() throws(ZeroMQError) {
    guard let command = Majordomo.Command(incoming, at: 1) else {
      counts.invalid += 1
      return
    }
    if workerAuthenticator.refusal(of: incoming, frame: 1) != nil {
      if let worker = sender() { try forget(worker, because: .leaving, "worker is not allowed any more") }
      _ = try send(.disconnect, to: senderIdentity)
      return
    }
    switch command {
    case .final: try takeAnswer()
    case .ready: try takeReady()
    case .heartbeat:
      guard let worker = sender() else { return try sendAway() }
      dispatcher.hear(from: worker.ticket, at: now)
    case .disconnect:
      guard let worker = sender() else { return }
      try forget(worker, because: .leaving, "worker left")
    case .request, .partial: try sendAway()
    }
  }

  /// Hands an answer to the client that waits for it.
  private mutating func takeAnswer() throws(ZeroMQError) {
    guard incoming.count > Self.replyStart, incoming.isEmptyFrame(4),
      let address = incoming.withFrame(3, { ReturnAddress($0) }),
      let worker = worker(address.worker), incoming.frame(0, equals: worker.identity)
    else { return try sendAway() }
    guard dispatcher.settle(address.request, by: worker.ticket, at: now) else {
      counts.late += 1
      return
    }
    let request = requests[address.request.slot]
    defer { request.message.removeAll() }
    guard try count(framesFrom: Self.replyStart) else { return try refuse(request, with: DispatchError.unread.error) }
    counts.answered += 1
    // False where the client reads nothing and its queue is full; a client that is gone is no matter at all.
    guard try frontend.sendIfReady(&request.message, frames: 0..<request.bodyStart, more: true) else { return }
    _ = try frontend.sendIfReady(&incoming, frames: Self.replyStart..<incoming.count, more: false)
  }

  /// Counts the large parts of a reply among those that clients have yet to read; false when there is no room.
  private mutating func count(framesFrom start: Int) throws(ZeroMQError) -> Bool {
    for index in start..<incoming.count {
      let size = incoming.withFrame(index) { $0.byteCount }
      guard size >= ReplySizes.minCounted else { continue }
      guard unread.hasRoom(for: size) else { return false }
      incoming.replaceFrame(index, by: try unread.count(incoming.takeFrame(index)))
    }
    return true
  }

  private mutating func takeReady() throws(ZeroMQError) {
    guard incoming.count == 4, incoming.frame(3, equals: Majordomo.service) else { return try sendAway() }
    // A worker that says it again has started again.
    if let worker = sender() { try forget(worker, because: .lost, "worker started again") }
    let ticket = dispatcher.join(at: now)
    // The ROUTER made the first part itself; the others know where they come from.
    let worker = RegisteredWorker(ticket, identity: senderIdentity, address: incoming.takeFrame(1).peerAddress)
    while workers.count <= ticket.slot { workers.append(nil) }
    workers[ticket.slot] = worker
    slots[worker.identity] = ticket.slot
    log("worker joined", worker)
  }

  private func worker(_ ticket: Handle) -> RegisteredWorker? {
    dispatcher.isKnown(worker: ticket) ? workers[ticket.slot] : nil
  }

  /// The worker that sent what has come, if it has said READY.
  private func sender() -> RegisteredWorker? {
    slots[senderIdentity].flatMap { workers[$0] }
  }

  /// Tells somebody who says what a worker cannot say now to begin anew, on a new socket.
  private mutating func sendAway() throws(ZeroMQError) {
    counts.invalid += 1
    if let worker = sender() { try forget(worker, because: .lost, "worker broke the protocol") }
    _ = try send(.disconnect, to: senderIdentity)
  }

  private var senderIdentity: [UInt8] {
    incoming.withFrame(0) { bytes in bytes.withUnsafeBytes { [UInt8]($0) } }
  }

  private mutating func forget(
    _ worker: RegisteredWorker, because departure: Dispatcher.Departure, _ event: Logger.Message
  ) throws(ZeroMQError) {
    let action = dispatcher.remove(worker.ticket, because: departure)
    slots[worker.identity] = nil
    workers[worker.ticket.slot] = nil
    log(event, worker)
    if let action { try carryOut(action) }
  }

  private func log(_ event: Logger.Message, _ worker: RegisteredWorker) {
    logger.notice(
      event,
      metadata: [
        LogKey.worker: "\(worker.ticket.slot)", LogKey.address: "\(worker.address ?? "local")",
        LogKey.workers: "\(dispatcher.workerCount)",
      ])
  }

  /// Sends the beginning of a command, or the whole of it; false when the worker is not there any more.
  private func send(
    _ command: Majordomo.Command, to identity: [UInt8], more: Bool = false
  ) throws(ZeroMQError) -> Bool {
    do throws(ZeroMQError) {
      var name = try Message(identity)
      // No room means that nothing was taken for a thousand messages.
      guard try backend.sendIfReady(&name, more: true) else { return false }
    } catch {
      guard error.code == .hostUnreachable else { throw error }
      return false
    }
    try backend.send(command, more: more)
    return true
  }
}

// MARK: - What the dispatcher wants

extension BrokerLoop {
  private mutating func carryOut(_ action: Dispatcher.Action) throws(ZeroMQError) {
    switch action {
    case .dispatch(let request, let worker): try dispatch(request, to: worker)
    case .refuse(let request, let refusal):
      try refuse(requests[request.slot], with: refusal.error)
    case .heartbeat(let ticket):
      guard let worker = worker(ticket) else { return }
      if try !send(.heartbeat, to: worker.identity) { try forget(worker, because: .lost, "worker lost") }
    case .expire(let ticket):
      guard let worker = worker(ticket) else { return }
      try forget(worker, because: .lost, "worker not heard of")
    }
  }

  private mutating func dispatch(_ request: Handle, to ticket: Handle) throws(ZeroMQError) {
    guard let worker = worker(ticket) else { return }
    // Never given to it, so that it cannot be the request's fault.
    guard try send(.request, to: worker.identity, more: true) else {
      return try forget(worker, because: .leaving, "worker lost")
    }
    let held = requests[request.slot]
    held.dispatches += 1
    if held.dispatches > 1 { counts.repeated += 1 }
    let address = ReturnAddress(request: request, worker: ticket)
    try address.withBytes { (bytes) throws(ZeroMQError) in try backend.send(copying: bytes, more: true) }
    try backend.send(Message(), more: true)
    let last = held.message.count - 1
    for index in held.bodyStart...last {
      try backend.send(try held.message.duplicateFrame(index), more: index < last)
    }
  }
}

// MARK: - The end

extension BrokerLoop {
  /// Whether everything is answered and nothing more has come for a while.
  func isQuiet(since start: Dispatcher.Time) -> Bool {
    dispatcher.requestCount == 0 && now - max(start, lastRequest) >= StopSignal.quietTime
  }

  /// Refuses what is left, and tells the workers to go elsewhere.
  mutating func close() throws(ZeroMQError) {
    while let action = dispatcher.abandon() { try carryOut(action) }
    for worker in workers {
      guard let worker else { continue }
      _ = try send(.disconnect, to: worker.identity)
    }
  }
}
