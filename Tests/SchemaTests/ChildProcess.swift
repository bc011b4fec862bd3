import Foundation
import ServiceTesting
import Testing

/// A program with its output in files; ended at the latest when nobody refers to it any more.
final class ChildProcess {
  private let process = Process()
  private let folder: TestFolder

  /// Starts `program`.
  init(_ program: String, _ arguments: [String]) throws {
    folder = try TestFolder()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = try folder.open("output")
    process.standardError = try folder.open("errors")
    try process.run()
  }

  deinit {
    if process.isRunning {
      kill(process.processIdentifier, SIGKILL)
      process.waitUntilExit()
    }
  }

  var output: String { folder.text(of: "output") }
  var errors: String { folder.text(of: "errors") }

  func signal(_ signal: CInt) {
    kill(process.processIdentifier, signal)
  }

  /// Waits for the program to end and gives its exit code.
  func exitCode() async throws -> CInt {
    try await eventually { !process.isRunning }
    return process.terminationStatus
  }

  /// Waits until the output has a line.
  func waitForOutput(_ line: String) async throws {
    try await eventually { output.split(separator: "\n").contains(Substring(line)) }
  }

  func waitForErrors(_ line: String) async throws {
    try await eventually { errors.split(separator: "\n").contains(Substring(line)) }
  }

  private func eventually(_ condition: () -> Bool) async throws {
    let deadline = ContinuousClock.now + .seconds(30)
    while !condition() {
      try #require(ContinuousClock.now < deadline, "standard output: \(output) standard error: \(errors)")
      try await Task.sleep(for: .milliseconds(20))
    }
  }
}

extension ChildProcess {
  /// Python with the packages of `Tests/requirements.txt`, which `make test` installs.
  convenience init(python script: String, _ arguments: [String]) throws {
    let python = Contract.root.appending(path: ".venv/bin/python3").path(percentEncoded: false)
    try #require(FileManager.default.isExecutableFile(atPath: python), "there is no \(python): run make test")
    try self.init(python, [Contract.root.appending(path: script).path(percentEncoded: false)] + arguments)
  }

  /// Compiles a C program; a warning is an error.
  static func compile(_ source: String, linking libraries: [String], into folder: TestFolder) async throws -> String {
    let program = "\(folder.path)/program"
    let compiler = try ChildProcess(
      "/usr/bin/env",
      ["cc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-o", program]
        + [Contract.root.appending(path: source).path(percentEncoded: false)] + libraries.map { "-l\($0)" })
    let code = try await compiler.exitCode()
    try #require(code == 0, "\(compiler.errors)")
    return program
  }
}

/// A folder that is gone with its last reference.
final class TestFolder {
  let path: String

  init() throws {
    path = FileManager.default.temporaryDirectory.appending(path: "waybill-\(UUID().uuidString)").path(
      percentEncoded: false)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  func open(_ name: String) throws -> FileHandle {
    try Data().write(to: URL(filePath: "\(path)/\(name)"))
    return try FileHandle(forWritingTo: URL(filePath: "\(path)/\(name)"))
  }

  func text(of name: String) -> String {
    (try? String(contentsOfFile: "\(path)/\(name)", encoding: .utf8)) ?? ""
  }
}
