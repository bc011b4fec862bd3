internal import Concurrency
internal import CurveSecurity
internal import Diagnostics
package import Logging
internal import ServiceLifecycle
internal import WaybillServer
internal import ZeroMQ

/// Stands between clients and a pool of workers, and gives each request to the worker that has been idle longest.
///
/// A request is lost with nobody: when its worker dies or takes too long, another one gets it. When nobody can answer in
/// time, the broker does, by an error.
package struct Broker: Service {
  private let configuration: BrokerConfiguration
  private let logger: Logger

  /// A broker that is not running yet.
  package init(_ configuration: BrokerConfiguration, logger: Logger) {
    self.configuration = configuration
    self.logger = logger
  }

  /// Serves until the service group shuts down, then sees to it that what has arrived is answered, and returns.
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
      configuration.clientSecurity, in: context, logger: logger(role: "clients"))
    defer { clientAuthenticator.stop() }
    // A context has one list of keys, and who may ask may not answer.
    let backstage = configuration.workerSecurity == .none ? context : try Context(ioThreads: 1)
    let workerAuthenticator = try ZAPAuthenticator(
      configuration.workerSecurity, in: backstage, logger: logger(role: "workers"))
    defer { workerAuthenticator.stop() }
    let frontend = try Socket(.router, in: context)
    try frontend.configureForClients(linger: configuration.linger)
    let backend = try Socket(.router, in: backstage)
    try backend.configureForWorkers(linger: configuration.linger)
    for address in configuration.frontends {
      try frontend.listen(at: address, as: configuration.clientSecurity, logger(role: "clients"))
    }
    for address in configuration.backends {
      try backend.listen(at: address, as: configuration.workerSecurity, for: .workers, logger(role: "workers"))
    }

    var loop = BrokerLoop(
      frontend: frontend, backend: backend, clientAuthenticator: clientAuthenticator,
      workerAuthenticator: workerAuthenticator,
      limits: configuration.limits, unread: OutstandingReplies(most: configuration.maxOutstandingBytes), logger: logger)
    while !stop.isRaised { try loop.turn(waitingAtMost: StopSignal.checkInterval) }
    let start = ContinuousClock.now
    while !loop.isQuiet(since: start), ContinuousClock.now < start + configuration.drainTime {
      try loop.turn(waitingAtMost: StopSignal.quietTime)
    }
    try loop.close()
    logger.notice("stopped", metadata: loop.counts.metadata)
  }

  private func logger(role: String) -> Logger {
    var logger = logger
    logger[metadataKey: LogKey.role] = "\(role)"
    return logger
  }
}
