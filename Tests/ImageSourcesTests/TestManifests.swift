import Foundation
import Glibc
import Testing

/// A folder of hand-made manifests of embedded images, every part of which can be made wrong.
final class TestManifests: Sendable {
  static let squashfs = "application/squashfs.image.rootfs.diff.img"
  static let bind = "application/bind.image.rootfs.diff.dir"

  let folder: TestFolder
  var path: String { folder.path }

  init() throws {
    folder = try TestFolder()
    try folder.write("layer one", to: "one.img")
    try folder.write("", to: "tree/file")
  }

  /// A manifest, of which every member can be replaced; the values are JSON.
  struct Parts {
    var schemaVersion = "1"
    var mediaType = quote("application/embedded.manifest+json")
    var imageName = quote("test:v1")
    var created = quote("2018-12-20T14:17:46.123Z")
    var layers = [Layer.root, Layer(), Layer(mediaType: quote(bind), size: "20", pathInHost: quote("tree"))]
    var text: String?

    var json: String {
      text ?? """
        {"schemaVersion":\(schemaVersion),"mediaType":\(mediaType),"imageName":\(imageName),"created":\(created),
         "config":{"ENV":[],"ENTRYPOINT":["/bin/sh"],"WORKDIR":"/"},
         "layers":[\(layers.map(\.json).joined(separator: ","))]}
        """
    }
  }

  /// A layer; the values are JSON, an empty one leaves the member out.
  struct Layer {
    static let root = Layer(mediaType: quote(bind), size: "1000000", pathInHost: quote("/"), pathInContainer: "")

    var mediaType = quote(squashfs)
    var size = "300"
    var digest = ""
    var pathInHost = quote("one.img")
    var pathInContainer = quote("/")

    var json: String {
      let members = [
        ("mediaType", mediaType), ("size", size), ("digest", digest), ("pathInHost", pathInHost),
        ("pathInContainer", pathInContainer),
      ]
      return "{\(members.filter { !$0.1.isEmpty }.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ","))}"
    }
  }

  /// Writes a manifest and its signature and gives the id.
  @discardableResult
  func write(_ parts: Parts = Parts(), to name: String = "test.manifest", signature: String? = "test.sgn") throws
    -> String
  {
    try folder.write(parts.json, to: name)
    let digest = TestLayout.digest(parts.json)
    if let signature { try folder.write(digest, to: signature) }
    return digest
  }

  /// A block device: a node of the test's own where it may make one, which opens nothing, else one of the machine's.
  func blockDevice() throws -> String {
    let own = "\(path)/device"
    // No driver has the number: it need only be a block device to look at.
    if mknod(own, S_IFBLK | 0o600, 511 << 8) == 0 { return own }
    let found = try FileManager.default.contentsOfDirectory(atPath: "/dev").map { "/dev/\($0)" }.first { path in
      var status = stat()
      return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFBLK
    }
    return try #require(found, "there is no block device on this machine, and none may be made")
  }
}
