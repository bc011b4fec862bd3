internal import CurveSecurity
internal import Diagnostics
internal import Logging
internal import MessagePack
internal import WaybillServer
internal import ZeroMQ

/// Carries out what a ``Dispatcher`` decides, between a ROUTER for clients and one for workers, on one thread.
///
/// Messages pass through as they are: no body is copied or looked at, except that of a request which the broker refuses,
/// for the form of its reply.
struct BrokerLoop: ~Copyable {
  let frontend: Socket
  let backend: Socket
  /// Who may ask, and who may answer.
  let clientAuthenticator, workerAuthenticator: ZAPAuthenticator
  let logger: Logger
  var dispatcher: Dispatcher
  var counts = BrokerCounts()
  /// When the last request came.
  var lastRequest: Dispatcher.Time
  private var poller = Poller()
  var now: Dispatcher.Time
  /// What a worker said last.
  var incoming = MultipartMessage()
  /// What a client said last.
  var newcomer = PendingRequest()
  /// Requests that are over, to be used again.
  var spare: [PendingRequest] = []
  /// The workers by what the ROUTER calls them.
  var workers: [[UInt8]: Handle] = [:]
  /// How many workers have joined, those included that are gone.
  var joined = 0
  var hasSeenWorkerInFront = false
  /// What those said who speak another protocol.
  var dialects: Set<String> = []
  static let maxDialects = 16
  var unpacker = Unpacker(limits: .request)
  let outstanding: OutstandingReplies
  private let board: BrokerBoard
  private var nextShown: Dispatcher.Time
  var shares = ReplyShares()

  init(
    frontend: consuming Socket, backend: consuming Socket, clientAuthenticator: ZAPAuthenticator,
    workerAuthenticator: ZAPAuthenticator, limits: DispatchLimits, board: BrokerBoard, logger: Logger
  ) {
    now = Self.readClock()
    lastRequest = now
    poller.add(frontend)
    poller.add(backend)
    self.frontend = frontend
    self.backend = backend
    self.clientAuthenticator = clientAuthenticator
    self.workerAuthenticator = workerAuthenticator
    self.logger = logger
    outstanding = board.outstanding
    self.board = board
    nextShown = now
    dispatcher = Dispatcher(limits, at: now, firstUse: .random(in: 0...UInt32.max))
  }

  private static let start = ContinuousClock.now
  /// The time since the first broker of this process began.
  static func readClock() -> Dispatcher.Time { start.duration(to: .now) }

  /// Takes what has come and does what is to be done. Waits when there is nothing.
  mutating func turn(waitingAtMost longest: Duration) throws(ZeroMQError) {
    now = Self.readClock()
    if now >= nextShown { show() }
    // Answers first: they make room for what the requests need, and nothing is overdue while answers are unread.
    let hasAnswers = try takeCommands()
    try handle(.tick)
    let hasRequests = try takeRequests()
    guard !hasAnswers, !hasRequests else { return }
    try poller.wait(timeout: min(longest, dispatcher.wake - Self.readClock()))
  }

  private mutating func show() {
    nextShown = now + BrokerBoard.interval
    board.show(
      BrokerStatus(
        workers: dispatcher.workerStatuses, queued: dispatcher.waitingCount, requests: dispatcher.requestCount,
        clients: dispatcher.clientCount, counts: counts))
  }

  /// As many requests as are taken before the workers have their turn, and the clock is read again.
  private static let batch = 64
  /// More than workers that keep to the protocol can have said, as each may only answer.
  private static let maxCommands = 10_000

  private mutating func takeCommands() throws(ZeroMQError) -> Bool {
    for count in 0..<Self.maxCommands {
      guard try backend.receiveIfReady(into: &incoming, maxParts: .max, maxBytes: .max) else { return count > 0 }
      try takeCommand()
    }
    return true
  }

  private mutating func takeRequests() throws(ZeroMQError) -> Bool {
    for count in 0..<Self.batch {
      guard try takeRequest() else { return count > 0 }
    }
    return true
  }

  /// Tells the dispatcher what happened, and does what it wants.
  mutating func handle(_ event: Dispatcher.Event) throws(ZeroMQError) {
    dispatcher.handle(event, at: now)
    while let action = dispatcher.nextAction() {
      switch action {
      case .dispatch(let request, let worker): try dispatch(request, to: worker)
      case .answer(let request): try answer(request)
      case .dropAnswer: counts.late += 1
      case .refuse(let request, let error): try refuse(request, with: error.error)
      case .welcome(let worker): welcome(worker)
      case .heartbeat(let worker): try sendHeartbeat(to: worker)
      case .forget(let worker, let departure): forget(worker, departure)
      case .dismiss(let worker): try dismiss(worker)
      }
    }
  }

  /// Whether everything is answered and nothing more has come for a while.
  func isQuiet(since start: Dispatcher.Time) -> Bool {
    dispatcher.requestCount == 0 && now - max(start, lastRequest) >= StopSignal.quietTime
  }

  /// Refuses what is left, tells the workers to go elsewhere, and closes the sockets.
  ///
  /// - Returns: What the broker has done.
  consuming func close() throws(ZeroMQError) -> BrokerCounts {
    now = Self.readClock()
    try handle(.stop)
    return counts
  }
}
