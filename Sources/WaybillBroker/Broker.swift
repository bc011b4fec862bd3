internal import Concurrency
internal import CurveSecurity
internal import Diagnostics
package import Logging
internal import ServiceLifecycle
internal import WaybillServer
internal import ZeroMQ

/// Stands between clients and a pool of workers, and gives each request to the worker that has been idle longest.
///
/// No request is lost: when its worker dies or takes too long, another one gets it. When no worker can answer in time,
/// the broker answers by an error.
package struct Broker: Service {
  private let configuration: BrokerConfiguration
  private let logger: Logger
  /// Where it shows what it is about.
  package let board: BrokerBoard

  /// A broker that is not running yet.
  package init(_ configuration: BrokerConfiguration, logger: Logger) {
    self.configuration = configuration
    self.logger = logger
    board = BrokerBoard(
      OutstandingReplies(maxBytes: configuration.maxOutstandingBytes), queueLimit: configuration.limits.maxWaiting)
  }

  /// Serves until the service group shuts down, then answers what has arrived, and returns.
  ///
  /// - Throws: `ZeroMQError` when an endpoint cannot be bound.
  package func run() async throws {
    let stop = StopSignal()
    try await withTaskCancellationOrGracefulShutdownHandler {
      try await NamedThread.run("waybill-broker") { try serve(until: stop) }
    } onCancelOrGracefulShutdown: {
      stop.raise()
    }
  }

  /// Serves and, as the last one to let go of the context, waits until the replies have left.
  private func serve(until stop: StopSignal) throws(ZeroMQError) {
    let context = try Context(ioThreads: 1)
    let clientAuthenticator = try ZAPAuthenticator(
      configuration.clientSecurity, in: context, board.refusals, logger: logger(role: "clients"))
    defer { clientAuthenticator.stop() }
    // A context has one list of keys, and who may ask may not answer.
    let backstage = configuration.workerSecurity == .none ? context : try Context(ioThreads: 1)
    let workerAuthenticator = try ZAPAuthenticator(
      configuration.workerSecurity, in: backstage, board.refusals, logger: logger(role: "workers"))
    defer { workerAuthenticator.stop() }

    let frontend = try frontend(in: context)
    let backend = try backend(in: backstage)
    var monitors: [MonitorThread] = []
    defer { for monitor in monitors { monitor.end() } }
    if configuration.clientSecurity != .none {
      let failures = HandshakeFailures(board.refusals, logger: logger(role: "clients"))
      monitors.append(MonitorThread(try frontend.monitor(), noting: failures))
    }
    if configuration.workerSecurity != .none {
      let failures = HandshakeFailures(board.refusals, logger: logger(role: "workers"))
      monitors.append(MonitorThread(try backend.monitor(), noting: failures))
    }
    var loop = BrokerLoop(
      frontend: frontend, backend: backend,
      clientAuthenticator: clientAuthenticator, workerAuthenticator: workerAuthenticator,
      limits: configuration.limits, board: board, logger: logger)
    while !stop.isRaised { try loop.turn(waitingAtMost: StopSignal.checkInterval) }
    let start = BrokerLoop.readClock()
    while !loop.isQuiet(since: start), BrokerLoop.readClock() < start + configuration.drainTime {
      try loop.turn(waitingAtMost: StopSignal.checkInterval)
    }
    let counts = try loop.close()
    logger.notice("stopped", metadata: counts.metadata)
  }

  private func frontend(in context: Context) throws(ZeroMQError) -> Socket {
    let socket = try Socket(.router, in: context)
    try socket.configureForClients(linger: configuration.linger)
    // Without it a reply to a client that is gone, or that reads nothing, is dropped without a word.
    try socket.set(.routerMandatory, to: true)
    try Self.forbidWaiting(on: socket)
    for address in configuration.frontends {
      try socket.listen(at: address, as: configuration.clientSecurity, logger(role: "clients"))
    }
    return socket
  }

  private func backend(in context: Context) throws(ZeroMQError) -> Socket {
    let socket = try Socket(.router, in: context)
    try socket.configureForWorkers(linger: configuration.linger)
    try Self.forbidWaiting(on: socket)
    for address in configuration.backends {
      try socket.listen(at: address, as: configuration.workerSecurity, for: .workers, logger(role: "workers"))
    }
    return socket
  }

  /// Makes sure that no peer can hold up the loop by reading nothing.
  ///
  /// A ROUTER takes or refuses a message by its first part, which the loop sends without waiting. The parts behind it
  /// are never refused: they go to the peer's queue, or are dropped when the peer has just gone. This holds whatever
  /// libzmq does.
  private static func forbidWaiting(on socket: borrowing Socket) throws(ZeroMQError) {
    try socket.set(.sendTimeout, to: .zero)
  }

  private func logger(role: String) -> Logger {
    var logger = logger
    logger[metadataKey: LogKey.role] = "\(role)"
    return logger
  }
}
