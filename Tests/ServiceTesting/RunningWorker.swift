package import ImageRegistry
internal import Logging
internal import ServiceLifecycle
internal import Testing
package import WaybillWorker

/// Runs a worker in a service group while `body` runs on a thread of its own, and shuts it down gracefully.
///
/// - Parameters:
///   - registry: What the worker serves.
///   - endpoints: Where, as configured.
///   - threads: By how many threads.
///   - maxOutstandingBytes: How many bytes of large replies may be left unread.
///   - body: Is given the endpoints as bound, with their ports.
/// - Returns: What `body` returns.
/// - Throws: What `body` throws, or the worker.
package func withWorker<Value: Sendable>(
  _ registry: ImageRegistry, at endpoints: [WorkerConfiguration.Endpoint], threads: Int = 1,
  maxOutstandingBytes: Int = 512 << 20, _ body: @escaping @Sendable ([String]) throws -> Value
) async throws -> Value {
  let log = LogRecorder()
  let configuration = WorkerConfiguration(
    endpoints: endpoints, threads: threads, maxOutstandingBytes: maxOutstandingBytes)
  let worker = Worker(configuration, registry: registry, logger: log.logger)
  let group = ServiceGroup(services: [worker], logger: Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() })
  async let running: Void = group.run()
  let value = try await blocking {
    func places() -> [LogRecorder.Entry] { log.entries.filter { ["listening", "connecting"].contains($0.message) } }
    let isUp = eventually { places().count == endpoints.count }
    try #require(isUp, "the worker did not start")
    return try body(places().compactMap { $0.metadata["endpoint"] })
  }
  await group.triggerGracefulShutdown()
  try await running
  #expect(log.entries.last?.message == "stopped")
  return value
}
