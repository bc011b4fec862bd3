import Crypto
import Foundation
import ImageAPI

/// A hand-made OCI image layout, every part of which can be made wrong.
final class TestLayout: Sendable {
  static let manifestType = "application/vnd.oci.image.manifest.v1+json"
  static let indexType = "application/vnd.oci.image.index.v1+json"
  static let configType = "application/vnd.oci.image.config.v1+json"

  let folder: TestFolder
  var path: String { folder.path }

  init() throws {
    folder = try TestFolder()
    try folder.write(#"{"imageLayoutVersion":"1.0.0"}"#, to: "oci-layout")
  }

  /// A blob with the digest and size that it is referred to with.
  struct Blob {
    var digest: String
    var size: String

    /// Where it is in the layout.
    var file: String { "blobs/" + digest.replacing(":", with: "/") }
    var id: ImageAPI.Digest? { ImageAPI.Digest(digest) }

    /// A descriptor of the blob, in JSON.
    func descriptor(_ mediaType: String, _ annotations: [String: String] = [:], more: String = "") -> String {
      let pairs = annotations.sorted { $0.key < $1.key }.map { "\(quote($0.key)):\(quote($0.value))" }
      let suffix = annotations.isEmpty ? "" : #","annotations":{\#(pairs.joined(separator: ","))}"#
      return #"{"mediaType":"\#(mediaType)","digest":"\#(digest)","size":\#(size)\#(suffix)\#(more)}"#
    }
  }

  static func digest(_ text: String) -> String {
    "sha256:" + SHA256.hash(data: Data(text.utf8)).map { String(format: "%02x", $0) }.joined()
  }

  static func sha512(_ text: String) -> String {
    "sha512:" + SHA512.hash(data: Data(text.utf8)).map { String(format: "%02x", $0) }.joined()
  }

  @discardableResult
  func blob(_ text: String, digest: String? = nil) throws -> Blob {
    let blob = Blob(digest: digest ?? Self.digest(text), size: "\(text.utf8.count)")
    try folder.write(text, to: blob.file)
    return blob
  }

  func config(user: String = "", salt: String = "") throws -> Blob {
    try blob(#"{"os":"linux","config":{"User":\#(quote(user))},"author":"\#(salt)"}"#)
  }

  /// A manifest of `config` whose layers are of the given sizes.
  func manifest(
    _ config: Blob, layers: [String] = ["1000"], configType: String = configType,
    layerType: String = "application/vnd.oci.image.layer.v1.tar+gzip", more: String = ""
  ) throws -> Blob {
    let layers = layers.enumerated().map { number, size in
      Blob(digest: Self.digest("layer \(number)"), size: size).descriptor(layerType)
    }
    return try blob(
      #"{"schemaVersion":2,"config":\#(config.descriptor(configType)),"layers":[\#(layers.joined(separator: ","))]\#(more)}"#
    )
  }

  func nested(_ descriptors: [String]) throws -> Blob {
    try blob(Self.index(descriptors))
  }

  static func index(_ descriptors: [String]) -> String {
    #"{"schemaVersion":2,"manifests":[\#(descriptors.joined(separator: ","))]}"#
  }

  /// Writes `index.json`.
  func list(_ descriptors: [String]) throws {
    try folder.write(Self.index(descriptors), to: "index.json")
  }

  /// The descriptor of an image that nothing is wrong with.
  func image(_ name: String? = nil, user: String = "", salt: String = "") throws -> String {
    try manifest(config(user: user, salt: salt))
      .descriptor(Self.manifestType, name.map { [referenceName: $0] } ?? [:])
  }
}

let referenceName = "org.opencontainers.image.ref.name"
let containerdName = "io.containerd.image.name"

/// `text` as a JSON string.
func quote(_ text: String) -> String {
  let escaped = text.unicodeScalars.map { scalar in
    scalar.value < 0x20 || scalar == "\"" || scalar == "\\" ? String(format: "\\u%04x", scalar.value) : "\(scalar)"
  }
  return "\"\(escaped.joined())\""
}
