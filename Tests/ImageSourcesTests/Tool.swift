import Foundation

/// A real program whose work or word a test relies on.
enum Tool {
  /// What went wrong with a tool. A missing one is a failure like any other: a test that is skipped proves nothing.
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// Runs a program to its end and gives its standard output.
  @discardableResult
  static func run(_ name: String, _ arguments: String...) throws -> Data {
    try run(name, arguments)
  }

  @discardableResult
  static func run(_ name: String, _ arguments: [String]) throws -> Data {
    let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin").split(separator: ":")
    guard let path = folders.map({ "\($0)/\(name)" }).first(where: FileManager.default.isExecutableFile) else {
      throw Failure(description: "these tests need \(name), which is not in PATH: install the package \(name)")
    }
    let process = Process()
    process.executableURL = URL(filePath: path)
    process.arguments = arguments
    process.standardInput = FileHandle.nullDevice
    let output = Pipe()
    process.standardOutput = output
    // A file, as a pipe that nobody reads can fill up and stop the program.
    let folder = try TestFolder()
    try folder.write("", to: "errors")
    process.standardError = try FileHandle(forWritingTo: URL(filePath: "\(folder.path)/errors"))
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      let errors = (try? String(contentsOfFile: "\(folder.path)/errors", encoding: .utf8)) ?? ""
      throw Failure(
        description: "\(name) \(arguments.joined(separator: " ")) ended with \(process.terminationStatus): \(errors)")
    }
    return data
  }

  /// Runs a program and gives its standard output without the line's end.
  static func line(_ name: String, _ arguments: String...) throws -> String {
    String(decoding: try run(name, arguments), as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
  }
}
