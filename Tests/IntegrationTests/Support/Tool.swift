import Foundation
import Testing

/// What a program that has ended left behind.
struct Finished {
  let exitCode: CInt
  let output: String
  let errors: String

  /// The lines of standard error.
  var complaints: [Substring] { errors.split(separator: "\n") }
}

/// The places of this repository.
enum Repository {
  static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().path
  static let sampleLayout = "\(root)/Examples/sample-layout"
  private static let tests = "\(root)/Tests/IntegrationTests"

  static func expected(_ name: String) throws -> String {
    try String(contentsOfFile: "\(tests)/Expected/\(name)", encoding: .utf8)
  }

  static func script(_ name: String) -> String { "\(tests)/Scripts/\(name)" }
}

/// Programs of the machine that tests cannot do without.
enum Tool {
  /// Runs a program to its end, wherever it ends.
  static func finish(
    _ command: [String], environment: [String: String] = [:], within limit: Duration = .seconds(30)
  ) async throws -> Finished {
    let process = try ChildProcess(command, environment: environment)
    let code = try await process.exitCode(within: limit)
    return Finished(exitCode: code, output: process.output.text, errors: process.errors.text)
  }

  /// Runs a program that must succeed, and gives its output.
  @discardableResult
  static func run(_ name: String, _ arguments: String...) async throws -> String {
    try #require(isInstalled(name), "\(name) is not installed: make test installs it, on Debian")
    let result = try await finish([name] + arguments)
    try #require(result.exitCode == 0, "\(name) \(arguments) failed: \(result.errors)")
    return result.output
  }

  static func isInstalled(_ name: String) -> Bool {
    (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
      FileManager.default.isExecutableFile(atPath: "\($0)/\(name)")
    }
  }
}

/// The Python that has a ZeroMQ and a MessagePack of its own.
enum Python {
  static func interpreter() throws -> String {
    let path =
      ProcessInfo.processInfo.environment["WAYBILL_PYTHON"] ?? "\(Repository.root)/.venv/bin/python3"
    try #require(
      FileManager.default.isExecutableFile(atPath: path),
      "there is no \(path): make test makes it, from Tests/requirements.txt; or name another in WAYBILL_PYTHON")
    return path
  }

  static func start(_ script: String, _ arguments: [String] = []) throws -> ChildProcess {
    try ChildProcess([interpreter(), "-u", Repository.script(script)] + arguments)
  }

  /// Ports of this machine's that nobody has just now.
  static func freePorts(_ count: Int) async throws -> [Int] {
    let program =
      "import socket; s = [socket.create_server(('127.0.0.1', 0)) for _ in range(\(count))]; print(*(x.getsockname()[1] for x in s))"
    let result = try await Tool.finish([interpreter(), "-c", program])
    try #require(result.exitCode == 0, "\(result.errors)")
    return result.output.split(whereSeparator: \.isWhitespace).compactMap { Int($0) }
  }

  /// Runs a script that must succeed, and decodes the JSON that it prints.
  static func run<Answer: Decodable>(
    _ script: String, _ arguments: String..., with command: [String] = [], as type: Answer.Type,
    within limit: Duration = .seconds(60)
  ) async throws -> Answer {
    let result = try await Tool.finish(
      [interpreter(), Repository.script(script)] + arguments + command, within: limit)
    try #require(result.exitCode == 0, "\(script) \(arguments) failed: \(result.errors)")
    return try JSONDecoder().decode(Answer.self, from: Data(result.output.utf8))
  }
}
