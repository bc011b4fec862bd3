import Foundation
import ImageAPI

/// An OCI image layout that umoci keeps.
final class UmociLayout: Sendable {
  let path: String
  private let folder: TemporaryFolder

  var source: String { "oci:\(path)" }

  init() async throws {
    folder = try TemporaryFolder()
    path = "\(folder.path)/layout"
    try await Tool.run("umoci", "init", "--layout", path)
  }

  /// Adds an image, which differs from all others.
  func add(_ name: String, user: String = "") async throws {
    try await Tool.run("umoci", "new", "--image", "\(path):\(name)")
    try await Tool.run(
      "umoci", "config", "--image", "\(path):\(name)", "--config.user", user, "--config.label", "name=\(name)")
  }

  func remove(_ name: String) async throws {
    try await Tool.run("umoci", "rm", "--image", "\(path):\(name)")
  }

  /// Adds a layer with one file of `text` to the image.
  func addLayer(to name: String, text: String) async throws {
    let file = "\(folder.path)/text"
    try Data(text.utf8).write(to: URL(filePath: file))
    try await Tool.run("umoci", "insert", "--image", "\(path):\(name)", file, "/text")
  }

  /// What another tool says of an image.
  func facts(of name: String) async throws -> Facts {
    let manifest = Data(try await Tool.run("skopeo", "inspect", "--raw", "oci:\(path):\(name)").utf8)
    return Facts(
      manifest: try JSONDecoder().decode(Facts.Manifest.self, from: manifest),
      digest: try await Tool.run("skopeo", "inspect", "--format", "{{.Digest}}", "oci:\(path):\(name)")
        .trimmingCharacters(in: .newlines))
  }

  struct Facts {
    let manifest: Manifest
    let digest: String

    var id: String { manifest.config.digest }
    var size: Int { manifest.layers.reduce(manifest.config.size) { $0 + $1.size } }

    struct Manifest: Decodable {
      let config: Descriptor
      let layers: [Descriptor]
    }

    struct Descriptor: Decodable {
      let digest: String
      let size: Int
    }
  }

  var index: URL { URL(filePath: "\(path)/index.json") }

  /// Writes a file of the layout as a careful program does: aside, and then in its place.
  func replaceIndex(by contents: Data) throws {
    try contents.write(to: index, options: .atomic)
  }
}
