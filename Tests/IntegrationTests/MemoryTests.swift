import Foundation
import Testing

/// What clients leave unread takes as much memory as the process may spare, and no more.
@Suite(.fewAtOnce) struct MemoryTests {
  private struct Crowd: Decodable {
    let asked: Int
    let answered: Int
    let refused: Int
    let longest: Double
  }

  enum Server: CaseIterable {
    case worker, broker
  }

  /// A list has 10 MB, so that thirty clients who read nothing could have 300 MB and more wait for them.
  @Test(arguments: Server.allCases) func thirtyClientsThatReadNothing(_ server: Server) async throws {
    let store = try await LargeStore(images: 20_000)
    let source = "oci:\(store.path)"
    let memory = ["--max-memory", "64MiB"]
    switch server {
    case .worker:
      let worker = try await RunningWorker.start(
        serving: [source], at: ["--bind", "tcp://127.0.0.1:*"] + memory)
      try await ask(at: worker.endpoint, of: worker.process)
    case .broker:
      let broker = try await RunningBroker.start(memory)
      let worker = try ChildProcess([Waybill.path(), "worker", source, "--broker", broker.backend])
      #expect(try await eventually { broker.joined == 1 }, "\(worker.errors.text)")
      try await ask(at: broker.frontend, of: broker.process)
      #expect(!worker.hasEnded)
    }
  }

  private func ask(at endpoint: String, of process: ChildProcess) async throws {
    let before = try process.residentMemory()
    let crowd = try await Python.run("deaf_crowd.py", endpoint, "30", "6", as: Crowd.self, within: .seconds(60))
    let after = try process.residentMemory()
    print("\(crowd) beside thirty who read nothing: \(before) kB before, \(after) kB after")
    #expect(crowd.asked > 60 && crowd.answered > 5 && crowd.refused == 0 && crowd.longest < 5)
    // A quarter of 64 MiB, one list more, and what is on its way.
    #expect(after - before < 80_000)
    #expect(!process.hasEnded)
  }
}
