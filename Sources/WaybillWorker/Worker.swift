internal import Concurrency
package import ImageRegistry
package import Logging
internal import ServiceLifecycle
internal import WaybillServer
internal import ZeroMQ

/// Answers requests from a registry: at endpoints of its own, behind proxies and in the pools of brokers, on threads of
/// its own.
package struct Worker: Service {
  private let configuration: WorkerConfiguration
  private let registry: ImageRegistry
  private let meter = RequestMeter()
  private let unread: OutstandingReplies
  private let logger: Logger

  /// A worker that is not running yet.
  package init(_ configuration: WorkerConfiguration, registry: ImageRegistry, logger: Logger) {
    self.configuration = configuration
    self.registry = registry
    unread = OutstandingReplies(maxBytes: configuration.maxOutstandingBytes)
    self.logger = logger
  }

  /// Serves until the service group shuts down, then answers what has arrived and returns.
  ///
  /// - Throws: `ZeroMQError` when an endpoint cannot be bound or connected to.
  package func run() async throws {
    // One I/O thread serves small replies a fifth cheaper than two, and beside lists of 48 MB still within milliseconds.
    let context = try Context(ioThreads: 1)
    let threads = threads(in: context)
    try await withTaskCancellationOrGracefulShutdownHandler {
      try await withThrowingTaskGroup(of: Void.self) { group in
        for thread in threads {
          group.addTask { try await NamedThread.run(thread.name, thread.body) }
        }
        do {
          // The first failure ends the others, which `waitForAll` would wait for.
          while try await group.next() != nil {}
        } catch {
          for thread in threads { thread.stop.raise() }
          throw error
        }
      }
    } onCancelOrGracefulShutdown: {
      for thread in threads { thread.stop.raise() }
    }
    logger.notice("stopped")
  }

  /// A thread of the worker's, and how to end it.
  private struct WorkerThread: Sendable {
    let name: String
    let stop: StopSignal
    let body: @Sendable () throws -> Void
  }

  private func threads(in context: Context) -> [WorkerThread] {
    configuration.hasEndpoints ? servers(in: context) + members(in: context) : members(in: context)
  }

  /// A bare REP socket for one thread, which is the fastest; several share the endpoints by a pump.
  private func servers(in context: Context) -> [WorkerThread] {
    let stop = StopSignal(in: context, name: "worker")
    guard configuration.threads > 1 else {
      let server = server(in: context, stop)
      return [WorkerThread(name: "waybill-rep", stop: stop) { try server.serve() }]
    }
    let pump = RequestProxy(in: context, configuration, meter: meter, stop: stop, logger: logger)
    let servers = (0..<configuration.threads).map { number in
      let stop = StopSignal(in: context, name: "worker-\(number)")
      let server = server(in: context, stop)
      return WorkerThread(name: "waybill-rep-\(number)", stop: stop) {
        defer { pump.threadEnded() }
        try server.serve(inside: pump.endpoint)
      }
    }
    return [WorkerThread(name: "waybill-pump", stop: stop) { try pump.run() }] + servers
  }

  private func server(in context: Context, _ stop: StopSignal) -> RequestServer {
    RequestServer(
      context: context, configuration: configuration, registry: registry, meter: meter, unread: unread, logger: logger,
      stop: stop)
  }

  /// For each broker as many workers as there are threads, as the protocol gives a worker one request at a time.
  private func members(in context: Context) -> [WorkerThread] {
    configuration.brokers.flatMap { broker in
      (0..<configuration.threads).map { number in
        let stop = StopSignal(in: context, name: "\(broker)-\(number)")
        let member = MajordomoWorker(
          broker: broker, context: context, configuration: configuration, registry: registry, meter: meter,
          logger: logger, stop: stop)
        return WorkerThread(name: "waybill-pool-\(number)", stop: stop) { try member.serve() }
      }
    }
  }
}
