import Foundation
import Testing

/// A message that is too large costs itself, and never a worker's connection.
@Suite(.fewAtOnce) struct TooLargeTests {
  private struct Result: Decodable {
    let sent: Int
    let answered: Int
    let longest: Double
  }

  private static let cases = ["a byte too many", "100 MiB", "a multipart message without end"]

  @Test(arguments: cases) func behindAProxy(_ case: String) async throws {
    let proxy = try Python.start("proxy.py")
    defer { proxy.send(SIGKILL) }
    #expect(try await eventually { proxy.output.text.hasSuffix("\n") }, "\(proxy.errors.text)")
    let ends = proxy.output.text.split(whereSeparator: \.isWhitespace).map(String.init)
    try #require(ends.count == 2)
    let workers = try (0..<2).map { _ in
      try ChildProcess([
        Waybill.path(), "worker", "oci:\(Repository.sampleLayout)", "--connect", ends[1],
      ])
    }
    defer { for worker in workers { worker.send(SIGKILL) } }
    for worker in workers {
      for word in ["connected", "read"] {
        #expect(try await eventually { worker.errors.lines.contains { $0.hasSuffix(" \(word)") } })
      }
    }
    try await tryIt(`case`, at: ends[0], workers, "behind zmq_proxy")
    for worker in workers {
      #expect(!worker.errors.text.contains("again"), "\(worker.errors.text)")
    }
  }

  @Test(arguments: cases) func inAPool(_ case: String) async throws {
    let broker = try await RunningBroker.start()
    let workers = [try await broker.startWorker(), try await broker.startWorker()]
    try await tryIt(`case`, at: broker.frontend, workers, "in a pool")
    #expect(broker.joined == 2 && !broker.process.errors.text.contains("lost"), "\(broker.process.errors.text)")
  }

  private func tryIt(_ case: String, at endpoint: String, _ workers: [ChildProcess], _ place: String) async throws {
    let before = try workers.map { try $0.residentMemory() }.reduce(0, +)
    let result = try await Python.run("too_large.py", `case`, endpoint, "4", as: Result.self)
    let after = try workers.map { try $0.residentMemory() }.reduce(0, +)
    print(
      "\(`case`), \(place): sent \(result.sent) times in 4 s; another client had \(result.answered) answers, the longest"
        + " wait \(result.longest) s; two workers \(before) kB before, \(after) kB after")
    #expect(result.sent > 0 && result.answered > 10 && result.longest < 2)
    #expect(workers.allSatisfy { !$0.hasEnded })
  }
}
