import Foundation

/// A folder that is gone when the test that made it is done.
final class TestFolder: Sendable {
  let path: String

  init() throws {
    // Short, as Podman takes no path of more than 50 characters for what it keeps while it runs.
    let folder = FileManager.default.temporaryDirectory.appending(path: "waybill-\(UUID().uuidString.prefix(18))")
    path = folder.path(percentEncoded: false)
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
  }

  func write(_ text: String, to name: String) throws {
    try write(Data(text.utf8), to: name)
  }

  /// Writes in place, as a program does that does not rename.
  func write(_ data: Data, to name: String) throws {
    let url = URL(filePath: "\(path)/\(name)")
    try FileManager.default.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: url)
  }

  func remove(_ name: String) throws {
    try FileManager.default.removeItem(atPath: "\(path)/\(name)")
  }
}
