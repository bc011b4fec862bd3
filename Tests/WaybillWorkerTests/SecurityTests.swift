import CurveSecurity
import Foundation
import Logging
import ServiceLifecycle
import ServiceTesting
import Testing
import WaybillClient
import WaybillWorker
import ZeroMQ

@Suite(.enabled(if: CurveKeyPair.isSupported)) struct SecurityTests {
  /// Runs workers that have the same keys and let in one client each, while `body` runs.
  private func withWorkers(
    _ keys: CurveKeyPair, letting clients: [CurveKeyPair], _ body: @escaping @Sendable ([String]) throws -> Void
  ) async throws {
    let folder = "\(NSTemporaryDirectory())/waybill-\(UUID().uuidString.prefix(8))"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let logs = clients.map { _ in LogRecorder() }
    var workers: [Worker] = []
    for (client, log) in zip(clients, logs) {
      let list = "\(folder)/\(workers.count)"
      try FileManager.default.createDirectory(atPath: list, withIntermediateDirectories: true)
      try Data("curve\n    public-key = \"\(client.publicKey)\"\n".utf8).write(to: URL(filePath: "\(list)/a.key"))
      let configuration = WorkerConfiguration(
        endpoints: [.bind("tcp://127.0.0.1:*")], security: .curve(keys, clients: .folder(list)))
      workers.append(Worker(configuration, registry: registry(of: ["right"]), logger: log.logger))
    }
    let group = ServiceGroup(services: workers, logger: Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() })
    async let running: Void = group.run()
    try await blocking {
      func endpoints() -> [String] { logs.flatMap { $0.entries.compactMap { $0.metadata["endpoint"] } } }
      let areUp = eventually { endpoints().count == clients.count }
      try #require(areUp, "the workers did not start")
      try body(endpoints())
    }
    await group.triggerGracefulShutdown()
    try await running
  }

  @Test("A key that is refused is refused once at each endpoint, and may be let in at the next")
  func nextEndpoint() async throws {
    let (keys, alice, bob) = (try CurveKeyPair.generate(), try CurveKeyPair.generate(), try CurveKeyPair.generate())
    try await withWorkers(keys, letting: [alice, bob]) { endpoints in
      func client(_ own: CurveKeyPair, _ endpoints: [String]) -> Client {
        let security = ClientSecurity.curve(ServerKeys(keys.publicKey), own)
        return Client(endpoints: endpoints, timeout: .seconds(20), attempts: 50, security: security)
      }
      #expect(try client(alice, endpoints).listImages().names == ["right"])
      #expect(try client(bob, endpoints).listImages().names == ["right"])
      let other = try CurveKeyPair.generate()
      let start = ContinuousClock.now
      #expect(throws: ClientError.keyRefused(endpoint: endpoints[0], publicKey: other.publicKey)) {
        try client(other, endpoints).listImages()
      }
      #expect(start.duration(to: .now) < .seconds(10))
    }
  }

  @Test("Where somebody else decides who may connect, nothing is bound")
  func anotherHandler() throws {
    let context = try Context()
    let other = try ZAPHandler(in: context, timeout: .zero)
    let security = ServerSecurity.curve(try CurveKeyPair.generate(), clients: .folder("/no/such/folder"))
    let error = #expect(throws: ZeroMQError.self) {
      try ZAPAuthenticator(security, in: context, RefusalCounts(), logger: LogRecorder().logger)
    }
    #expect(error?.code == .addressInUse)
    #expect(try !other.answer { _ in .refuse("") })
  }
}
