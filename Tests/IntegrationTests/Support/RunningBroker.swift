import Foundation
import Testing

/// A broker that runs until the test has no more use for it.
struct RunningBroker {
  let process: ChildProcess
  /// Where clients go.
  let frontend: String
  /// Where workers go.
  let backend: String

  /// Starts a broker and waits until it listens.
  static func start(
    frontend: String = "tcp://127.0.0.1:*", backend: String = "tcp://127.0.0.1:*", _ arguments: [String] = [],
    by launcher: [String] = []
  ) async throws -> RunningBroker {
    let process = try ChildProcess(
      launcher + [Waybill.path(), "broker", "--frontend", frontend, "--backend", backend] + arguments)
    func endpoints() -> [String] {
      process.errors.lines.filter { $0.hasSuffix(" listening") }.compactMap { line in
        line.split(separator: " ").first { $0.hasPrefix("endpoint=") }.map { String($0.dropFirst("endpoint=".count)) }
      }
    }
    let isUp = try await eventually { process.hasEnded || endpoints().count == 2 }
    try #require(isUp && !process.hasEnded, "the broker is not up: \(process.errors.text)")
    return RunningBroker(process: process, frontend: endpoints()[0], backend: endpoints()[1])
  }

  /// How many workers have joined in all, those included that are gone.
  var joined: Int { process.errors.lines.count { $0.hasSuffix(" worker joined") } }

  /// Starts a worker and waits until it has joined this broker.
  func startWorker(_ arguments: [String] = []) async throws -> ChildProcess {
    let before = joined
    let worker = try ChildProcess(
      [Waybill.path(), "worker", "oci:\(Repository.sampleLayout)", "--broker", backend] + arguments)
    let isIn = try await eventually { worker.hasEnded || joined > before }
    try #require(isIn && !worker.hasEnded, "the worker did not join: \(worker.errors.text)")
    return worker
  }
}

/// What `load.py` prints at its end.
struct Load: Decodable {
  let answered: Int
  let twice: Int
  let wrong: Int
  let errors: [String: Int]
  let lost: Int
  let repeated: Int
  /// Answers of a worker that is slow by design; the waits are those of the others.
  let slow: Int
  let seconds: Double
  let longest: Double
  let p99: Double

  /// A load that asks until it has `count` answers, `rate` a second at the most.
  static func start(
    _ count: Int, rate: Int, timeout: Int = 30, attempts: Int = 1, at endpoints: String...
  ) async throws -> ChildProcess {
    let load = try Python.start("load.py", ["\(count)", "\(rate)", "\(timeout)", "\(attempts)"] + endpoints)
    let isAsking = try await eventually { load.hasEnded || load.output.text.hasPrefix("asking\n") }
    try #require(isAsking && !load.hasEnded, "\(load.errors.text)")
    return load
  }

  /// Waits for the end.
  init(of process: ChildProcess) async throws {
    let code = try await process.exitCode(within: .seconds(120))
    try #require(code == 0, "\(process.errors.text)")
    self = try JSONDecoder().decode(Load.self, from: Data((process.output.lines.last ?? "").utf8))
  }

  /// Whether every request had the right answer, once.
  func isWhole(_ count: Int) -> Bool {
    answered == count && twice == 0 && wrong == 0 && errors.isEmpty && lost == 0
  }
}
