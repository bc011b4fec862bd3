internal import Concurrency
package import ImageRegistry
package import Logging
internal import ServiceLifecycle
package import WaybillServer
internal import ZeroMQ

/// Answers requests from a registry: at endpoints of its own, behind proxies and in the pools of brokers, on threads of
/// its own.
package struct Worker: Service {
  private let configuration: WorkerConfiguration
  private let registry: ImageRegistry
  /// What it answers.
  package let meter: RequestMeter
  /// What its clients have yet to read.
  package let outstanding: OutstandingReplies
  package let pools: PoolMembership
  private let logger: Logger

  /// A worker that is not running yet.
  package init(_ configuration: WorkerConfiguration, registry: ImageRegistry, logger: Logger) {
    self.configuration = configuration
    self.registry = registry
    meter = RequestMeter(of: configuration.identity, logger: logger)
    pools = PoolMembership(brokers: configuration.brokers)
    outstanding = OutstandingReplies(maxBytes: configuration.maxOutstandingBytes)
    self.logger = logger
  }

  /// Serves until the service group shuts down, then answers what has arrived and returns.
  ///
  /// - Throws: `ZeroMQError` when an endpoint cannot be bound or connected to.
  package func run() async throws {
    let stop = StopSignal()
    try await withTaskCancellationOrGracefulShutdownHandler {
      try await NamedThread.run("waybill-worker") { try serve(until: stop) }
    } onCancelOrGracefulShutdown: {
      stop.raise()
    }
    logger.notice("stopped")
  }

  /// Runs the threads and, as the last one to let go of the context, waits until the replies have left.
  private func serve(until stop: StopSignal) throws(ZeroMQError) {
    // One I/O thread serves small replies a fifth cheaper than two, and beside lists of 48 MB still within milliseconds.
    let context = try Context(ioThreads: 1, maxSockets: maxSockets)
    let threads = WorkerThreads(until: stop)
    if configuration.hasEndpoints { startServers(threads, in: context, until: stop) }
    startMembers(threads, in: context, until: stop)
    try threads.join()
  }

  /// A member of a pool has a DEALER and its monitor of two sockets, and as many of the attempt before may be closing.
  private var maxSockets: Int { 64 + configuration.threads * (1 + 6 * configuration.brokers.count) }

  /// A bare REP socket for one thread, which is the fastest; several share the endpoints by a proxy.
  private func startServers(_ threads: WorkerThreads, in context: Context, until stop: StopSignal) {
    let server = RequestServer(
      context: context, configuration: configuration, registry: registry, meter: meter, outstanding: outstanding,
      logger: logger,
      stop: stop)
    guard configuration.threads > 1 else {
      return threads.start("waybill-rep") { () throws(ZeroMQError) in try server.serve() }
    }
    let proxy = RequestProxy(in: context, configuration, meter: meter, stop: stop, logger: logger)
    threads.start("waybill-proxy") { () throws(ZeroMQError) in try proxy.run() }
    for number in 0..<configuration.threads {
      threads.start("waybill-rep-\(number)") { () throws(ZeroMQError) in
        defer { proxy.threadEnded() }
        try server.serve(inside: proxy.endpoint)
      }
    }
  }

  /// For each broker as many members as there are threads, as the protocol gives a worker one request at a time.
  private func startMembers(_ threads: WorkerThreads, in context: Context, until stop: StopSignal) {
    for broker in configuration.brokers {
      let member = MajordomoWorker(
        broker: broker, context: context, configuration: configuration, registry: registry, meter: meter,
        pools: pools, logger: logger, stop: stop)
      for number in 0..<configuration.threads {
        threads.start("waybill-pool-\(number)") { () throws(ZeroMQError) in try member.serve(as: number) }
      }
    }
  }
}
