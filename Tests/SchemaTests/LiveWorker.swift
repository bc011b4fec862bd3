import Foundation
import ImageAPI
import Testing
import WaybillClient

/// A worker, the program itself, on a copy of the sample layout.
final class LiveWorker {
  let endpoint: String
  private let folder: TestFolder
  private var process: ChildProcess

  init() async throws {
    folder = try TestFolder()
    endpoint = "ipc://\(folder.path)/waybill.sock"
    try FileManager.default.copyItem(
      atPath: Contract.root.appending(path: "Examples/sample-layout").path(percentEncoded: false),
      toPath: "\(folder.path)/layout")
    process = try Self.launch(folder, at: endpoint)
    try await waitUntilReady()
  }

  func stop() async throws {
    process.signal(SIGTERM)
    let code = try await process.exitCode()
    try #require(code == 0, "\(process.errors)")
  }

  func restart() async throws {
    process = try Self.launch(folder, at: endpoint)
    try await waitUntilReady()
  }

  /// Gives an image of the layout another name.
  func rename(_ name: String, to other: String) throws {
    let index = URL(filePath: "\(folder.path)/layout/index.json")
    let text = try String(contentsOf: index, encoding: .utf8)
    try #require(text.contains("\"\(name)\""))
    try Data(text.replacing("\"\(name)\"", with: "\"\(other)\"").utf8).write(to: index, options: .atomic)
  }

  /// The program stands beside the tests.
  private static func launch(_ folder: TestFolder, at endpoint: String) throws -> ChildProcess {
    let tests = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
    return try ChildProcess(
      tests.deletingLastPathComponent().appending(path: "waybill").path(percentEncoded: false),
      ["worker", "oci:\(folder.path)/layout", "--bind", endpoint])
  }

  private func waitUntilReady() async throws {
    let client = Client(endpoints: [endpoint], timeout: .milliseconds(500), attempts: 1)
    let deadline = ContinuousClock.now + .seconds(30)
    while await (try? client.status())?.isReady != true {
      try #require(ContinuousClock.now < deadline, "\(process.errors)")
      try await Task.sleep(for: .milliseconds(20))
    }
  }
}
