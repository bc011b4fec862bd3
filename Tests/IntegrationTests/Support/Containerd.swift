import Foundation
import Testing

/// A containerd of the test's own, which runs no containers. Needs root.
final class Containerd {
  let socket: String
  private let folder: TemporaryFolder
  private var process: ChildProcess

  init() async throws {
    folder = try TemporaryFolder()
    socket = "\(folder.path)/containerd.sock"
    let configuration = """
      version = 2
      root = "\(folder.path)/root"
      state = "\(folder.path)/state"
      [grpc]
        address = "\(socket)"
      [ttrpc]
        address = "\(folder.path)/ttrpc.sock"
      """
    try Data(configuration.utf8).write(to: URL(filePath: "\(folder.path)/config.toml"))
    try #require(Tool.isInstalled("containerd"), "containerd is not installed: make test installs it, on Debian")
    process = try Self.start(in: folder)
    try #require(try await eventually { try await isReady() }, "\(process.errors.text)")
  }

  private static func start(in folder: TemporaryFolder) throws -> ChildProcess {
    try ChildProcess(["containerd", "--config", "\(folder.path)/config.toml"])
  }

  /// Whether it answers, which it does only once it has recovered its images.
  func isReady() async throws -> Bool {
    try await CRICall.make(["ListImages"], at: socket).first?.reply != nil
  }

  /// Kills it.
  func stop() async throws {
    process.send(SIGKILL)
    _ = try await process.exitCode()
  }

  func start() throws {
    process = try Self.start(in: folder)
  }

  /// Loads an image that umoci made, under a name.
  func load(_ name: String, from layout: UmociLayout) async throws {
    let archive = "\(folder.path)/\(UUID()).tar"
    defer { try? FileManager.default.removeItem(atPath: archive) }
    try await Tool.run("skopeo", "copy", "--quiet", "oci:\(layout.path):\(name)", "docker-archive:\(archive):\(name)")
    try await control("images", "import", archive)
  }

  /// Loads every image of a store.
  func loadAll(of store: LargeStore) async throws {
    let archive = "\(folder.path)/all.tar"
    defer { try? FileManager.default.removeItem(atPath: archive) }
    try await Tool.run("tar", "--create", "--file", archive, "--directory", store.path, ".")
    try await control("images", "import", "--no-unpack", archive)
    let isKnown = try await eventually { try await images().count == 1_000 }
    try #require(isKnown, "\(process.errors.text)")
  }

  /// Runs containerd's own command.
  func control(_ arguments: String...) async throws {
    let result = try await Tool.finish(
      ["ctr", "--address", socket, "--namespace", "k8s.io"] + arguments, within: .seconds(300))
    try #require(result.exitCode == 0, "ctr \(arguments) failed: \(result.errors)")
  }

  /// What it says over its own CRI, by id.
  func images() async throws -> [String: ListedImage] {
    let call = try await CRICall.make(["ListImages"], at: socket)
    let images = try #require(call.first?.reply?.images)
    return Dictionary(images.map { ($0.id, $0) }) { first, _ in first }
  }

  deinit {
    process.send(SIGKILL)
  }
}
