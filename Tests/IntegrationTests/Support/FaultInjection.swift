import Foundation
import Glibc
import Testing

/// Faults that a program meets when it opens, reads or looks at files, for as long as the test wants.
final class FaultInjection: Sendable {
  /// Which calls fail.
  enum Calls: String, Sendable {
    /// Those that open.
    case open
    /// Those that read files, and those that open folders.
    case read
    /// Those that open or look at files.
    case stat
  }

  private let folder: TemporaryFolder
  /// The file that says which calls fail.
  let control: String
  /// What the program needs.
  let environment: [String: String]

  /// Builds the library that makes calls fail.
  init() async throws {
    folder = try TemporaryFolder()
    control = "\(folder.path)/faults"
    let library = "\(folder.path)/faults.so"
    try await Tool.run("gcc", "-shared", "-fPIC", "-O1", "-o", library, Repository.script("faults.c"), "-ldl")
    environment = ["LD_PRELOAD": library, "FAULTS": control]
  }

  /// Makes calls for what is at a path, and below it, fail.
  func begin(_ error: CInt, _ calls: Calls = .open, at path: String) throws {
    try Data("\(error) \(calls.rawValue)\n\(path)\n".utf8).write(to: URL(filePath: control), options: .atomic)
  }

  /// Ends all faults.
  func end() throws {
    try FileManager.default.removeItem(atPath: control)
  }
}
