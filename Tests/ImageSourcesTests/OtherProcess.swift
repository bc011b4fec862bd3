import Foundation
import Testing

/// A Python program beside the test: locks of SQLite hold between processes.
final class OtherProcess {
  private let process = Process()
  private let input = Pipe()
  private let output = Pipe()

  init(_ program: String, _ arguments: String...) throws {
    process.executableURL = URL(filePath: "/usr/bin/env")
    process.arguments = ["python3", "-c", program] + arguments
    process.standardInput = input
    process.standardOutput = output
    try process.run()
  }

  deinit {
    try? end()
  }

  /// Lets the program read to the end of its input, and waits for its own.
  func end() throws {
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
  }

  /// Waits for the program to say `word`.
  func expect(_ word: String) throws {
    var line = Data()
    while line.last != UInt8(ascii: "\n") {
      guard let byte = try output.fileHandleForReading.read(upToCount: 1), !byte.isEmpty else { break }
      line += byte
    }
    #expect(String(decoding: line, as: UTF8.self) == word + "\n")
  }

  /// Sends the program an empty line.
  func tell() throws {
    try input.fileHandleForWriting.write(contentsOf: Data("\n".utf8))
  }
}
