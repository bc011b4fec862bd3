import Foundation
import ImageAPI
import Testing

/// The command under test, as a user runs it.
enum Waybill {
  /// The program that was built with these tests, beside them.
  static func path() throws -> String {
    let tests = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let path = URL(filePath: tests).deletingLastPathComponent().appending(path: "waybill").path
    try #require(FileManager.default.isExecutableFile(atPath: path), "there is no \(path)")
    return path
  }

  static func run(
    _ arguments: [String], environment: [String: String] = [:], within limit: Duration = .seconds(30)
  ) async throws -> Finished {
    try await Tool.finish([path()] + arguments, environment: environment, within: limit)
  }
}

/// A worker that runs until the test has no more use for it.
struct RunningWorker {
  let process: ChildProcess
  /// Where it listens, in the order of the command line; empty for one that only connects.
  let endpoints: [String]
  /// The first of them.
  var endpoint: String { endpoints.first ?? "" }

  /// Starts a worker, waits until it listens or connects, and until it has read its sources where that can be awaited.
  /// The launcher is a program that starts the command under other circumstances, with its arguments. The environment is
  /// added to that of the test.
  static func start(
    serving sources: [String], at arguments: [String] = ["--bind", "tcp://127.0.0.1:*"], isReadable: Bool = true,
    by launcher: [String] = [], environment: [String: String] = [:]
  ) async throws -> RunningWorker {
    let process = try ChildProcess(
      launcher + [Waybill.path(), "worker"] + sources + arguments, environment: environment)
    let places = arguments.count { $0 == "--bind" || $0 == "--connect" }
    func lines(_ event: String) -> [Substring] { process.errors.lines.filter { $0.hasSuffix(" \(event)") } }
    let isUp = try await eventually {
      process.hasEnded
        || lines("listening").count + lines("connecting").count == places
          && (!isReadable || lines("read").count >= sources.count)
    }
    try #require(isUp && !process.hasEnded, "the worker is not up: \(process.errors.text)")
    let endpoints = lines("listening").compactMap { line in
      line.split(separator: " ").first { $0.hasPrefix("endpoint=") }.map { String($0.dropFirst("endpoint=".count)) }
    }
    return RunningWorker(process: process, endpoints: endpoints)
  }

  /// Asks by `waybill images`, which must succeed.
  func images(_ arguments: String...) async throws -> String {
    let result = try await Waybill.run(["images", "--endpoint", endpoint] + arguments)
    #expect(result.exitCode == 0, "\(result.errors)")
    return result.output
  }

  /// The ids that it lists.
  func ids() async throws -> [String] {
    try await images("-q").split(separator: "\n").map(String.init)
  }

  func status() async throws -> Status {
    let result = try await Waybill.run(["status", "--endpoint", endpoint, "-o", "json"])
    return try JSONDecoder().decode(Status.self, from: Data(result.output.utf8))
  }

  /// What `waybill status -o json` prints.
  struct Status: Decodable, Equatable {
    let node: String
    let instance: String
    let version: String
    let uptime: Int
    let ready: Bool
    let images: Int
    let etag: String
    let requests: Requests
    let sources: [Source]

    struct Requests: Decodable, Equatable {
      let answered: Int
      let errors: Int
      let replyBytes: Int
    }

    struct Source: Decodable, Equatable {
      let name: String
      let state: String
      let runtime: String
      let images: Int
      let leftOutCount: Int
      let leftOut: [SkippedImage]
      let age: Int?
      let lastError: String
    }

    struct SkippedImage: Decodable, Equatable {
      let image: String
      let path: String
      let reason: String
    }
  }
}

/// Runs `body` beside a worker.
func withWorker(
  serving sources: String..., at arguments: [String] = ["--bind", "tcp://127.0.0.1:*"], isReadable: Bool = true,
  _ body: (RunningWorker) async throws -> Void
) async throws {
  let worker = try await RunningWorker.start(serving: sources, at: arguments, isReadable: isReadable)
  defer { worker.process.send(SIGKILL) }
  try await body(worker)
}
