import Foundation
import Testing

/// How workers start, stop, die and come back.
@Suite(.fewAtOnce) struct LifeTests {
  private let sample = "oci:\(Repository.sampleLayout)"

  @Test(arguments: [SIGTERM, SIGINT])
  func aSignalEndsAWorkerThatIsIdle(_ signal: CInt) async throws {
    try await withWorker(serving: sample) { (worker) async throws in
      #expect(try await worker.ids().count == 6)
      worker.process.send(signal)
      #expect(try await worker.process.exitCode(within: .seconds(3)) == 0)
      #expect(worker.process.errors.lines.last?.hasSuffix(" stopped") == true, "\(worker.process.errors.text)")
      #expect(worker.process.output.text.isEmpty)
    }
  }

  private struct Stopped: Decodable {
    let sent: Int
    let answered: Int
  }

  @Test(arguments: [SIGTERM, SIGINT])
  func whatWasSentBeforeTheSignalIsAnswered(_ signal: CInt) async throws {
    try await withWorker(serving: sample) { (worker) async throws in
      let clients = try await Python.run(
        "stop.py", worker.endpoint, "\(worker.process.pid)", "\(signal)", as: Stopped.self)
      #expect(clients.sent == 1_000 && clients.answered == clients.sent)
      #expect(try await worker.process.exitCode(within: .seconds(3)) == 0)
    }
  }

  @Test func clientsThatNeverCeaseDoNotKeepAWorker() async throws {
    try await withWorker(serving: sample) { (worker) async throws in
      let client = try Python.start("never_stops.py", [worker.endpoint])
      defer { client.send(SIGKILL) }
      #expect(try await eventually { client.output.text == "asking\n" }, "\(client.errors.text)")
      worker.process.send(SIGTERM)
      #expect(try await worker.process.exitCode(within: .seconds(3)) == 0)
    }
  }

  private struct NeverRead: Decodable {
    let sent: Int
    let slowest: Double
  }

  @Test func aClientThatNeverReadsHoldsUpNobody() async throws {
    try await withWorker(serving: sample) { (worker) async throws in
      let client = try Python.start("never_reads.py", [worker.endpoint])
      defer { client.send(SIGKILL) }
      #expect(
        try await eventually { client.hasEnded || client.output.text.hasSuffix("\n") }, "\(client.errors.text)")
      let result = try JSONDecoder().decode(NeverRead.self, from: Data(client.output.text.utf8))
      #expect(result.sent > 1_000)
      #expect(result.slowest < 2)
      // It is still there, with replies waiting for it, and does not keep the worker from leaving.
      #expect(!client.hasEnded)
      worker.process.send(SIGTERM)
      #expect(try await worker.process.exitCode(within: .seconds(3)) == 0)
    }
  }

  @Test(arguments: ["tcp", "ipc"])
  func killedAndStartedAgain(_ transport: String) async throws {
    let folder = try TemporaryFolder()
    let address = transport == "tcp" ? "tcp://127.0.0.1:*" : "ipc://\(folder.path)/waybill.sock"
    try await withWorker(serving: sample, at: ["--bind", address]) { (worker) async throws in
      let before = try await worker.images("-o", "json")
      worker.process.send(SIGKILL)
      #expect(try await worker.process.exitCode() == -SIGKILL)
      let client = try ChildProcess([
        Waybill.path(), "images", "-o", "json", "--endpoint", worker.endpoint, "--timeout", "1", "--retries", "20",
      ])
      defer { client.send(SIGKILL) }
      #expect(try await eventually { Self.threads(of: client) > 2 })
      try await withWorker(serving: sample, at: ["--bind", worker.endpoint]) { (again) async throws in
        #expect(again.endpoint == worker.endpoint)
        #expect(try await again.images("-o", "json") == before)
        #expect(try await client.exitCode() == 0)
        #expect(client.output.text == before)
      }
    }
  }

  private static func threads(of process: ChildProcess) -> Int {
    (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process.pid)/task").count) ?? 0
  }

  @Test func severalEndpointsAtOnce() async throws {
    let folder = try TemporaryFolder()
    let addresses = [
      "tcp://127.0.0.1:*", "tcp://127.0.0.1:*", "tcp://[::1]:*", "ipc://\(folder.path)/waybill.sock",
    ]
    try await withWorker(serving: sample, at: addresses.flatMap { ["--bind", $0] }) { (worker) async throws in
      #expect(worker.endpoints.count == addresses.count && Set(worker.endpoints).count == addresses.count)
      #expect(worker.endpoints[2].hasPrefix("tcp://[::1]:"))
      #expect(worker.endpoints[3] == addresses[3])
      for endpoint in worker.endpoints {
        let result = try await Waybill.run(["images", "-q", "--endpoint", endpoint])
        #expect(result.exitCode == 0 && result.output.split(separator: "\n").count == 6, "\(endpoint): \(result)")
      }
    }
  }

  private struct Pool: Decodable {
    let answered: Int
    let workers: [String: Int]
  }

  @Test func twoWorkersBehindAProxy() async throws {
    let folder = try TemporaryFolder()
    // Two ways to one layout, so that a status tells which worker gave it.
    for name in ["one", "two"] {
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder.path)/\(name)", withDestinationPath: Repository.sampleLayout)
    }
    let proxy = try Python.start("proxy.py")
    defer { proxy.send(SIGKILL) }
    #expect(try await eventually { proxy.output.text.hasSuffix("\n") }, "\(proxy.errors.text)")
    let ends = proxy.output.text.split(whereSeparator: \.isWhitespace).map(String.init)
    try #require(ends.count == 2)
    let connection = ["--connect", ends[1]]
    try await withWorker(serving: "oci:\(folder.path)/one", at: connection) { _ in
      try await withWorker(serving: "oci:\(folder.path)/two", at: connection) { _ in
        func served() async throws -> Set<String> {
          var names: Set<String> = []
          for _ in 0..<2 {
            let status = try await Waybill.run(["status", "-o", "json", "--endpoint", ends[0]])
            let decoded = try JSONDecoder().decode(RunningWorker.Status.self, from: Data(status.output.utf8))
            names.formUnion(decoded.sources.map(\.name))
          }
          return names
        }
        // A worker connects when it is ready to; from then on the proxy gives requests to both in turn.
        #expect(try await eventually { try await served().count == 2 })
        let pool = try await Python.run("pool.py", ends[0], "2000", as: Pool.self)
        #expect(pool.answered == 4_000)
        #expect(pool.workers == ["oci:\(folder.path)/one": 5, "oci:\(folder.path)/two": 5])
      }
    }
  }
}
