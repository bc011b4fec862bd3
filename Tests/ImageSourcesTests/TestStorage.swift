import Foundation
import Glibc
import ServiceTesting

/// A hand-made containers/storage store, every part of which can be made wrong.
final class TestStorage: Sendable {
  let folder: TestFolder
  let driver: String
  var path: String { folder.path }

  /// An empty store, or one more driver in the store that `other` is of.
  init(driver: String = "overlay", in other: TestStorage? = nil) throws {
    folder = try other?.folder ?? TestFolder()
    self.driver = driver
    try folder.write("", to: "\(driver)-images/images.lock")
    try folder.write("", to: "\(driver)-layers/layers.lock")
  }

  /// An image, of which every member can be replaced.
  struct Parts: Sendable {
    /// The text of the configuration, of which the id is the digest.
    var config: String
    var names: [String]
    /// Of the manifest, as JSON.
    var annotations = "{}"
    /// Before the members of the manifest that are always there.
    var manifestMembers = ""
    var configType = TestLayout.configType
    var layer: String?
    /// Big data beside the configuration and the two copies of the manifest, with their sizes.
    var bigData: [String: Int] = [:]
    /// The id of the record, in place of the configuration's digest.
    var id: String?
    /// Written as it is, with a comma before it.
    var more = ""
    /// The record in place of what the rest says.
    var text: String?

    init(user: String = "", salt: String = "", names: [String] = []) {
      config = #"{"os":"linux","config":{"User":\#(quote(user))},"author":"\#(salt)"}"#
      self.names = names
    }

    var configDigest: String { TestLayout.digest(config) }
    var hex: String { id ?? String(configDigest.dropFirst(7)) }
    var manifest: String {
      """
      {\(manifestMembers)"schemaVersion":2,"config":{"mediaType":"\(configType)","digest":"\(configDigest)",\
      "size":\(config.utf8.count)},"layers":[],"annotations":\(annotations)}
      """
    }
    var manifestDigest: String { TestLayout.digest(manifest) }

    /// Bytes of the big data.
    var size: UInt64 { UInt64(bigData.values.reduce(config.utf8.count + 2 * manifest.utf8.count, +)) }

    /// The record in `images.json`.
    var json: String {
      if let text { return text }
      let digest = manifestDigest
      var sizes = bigData
      sizes["manifest"] = manifest.utf8.count
      sizes["manifest-\(digest)"] = manifest.utf8.count
      sizes[configDigest] = config.utf8.count
      var digests = bigData.mapValues { _ in TestLayout.digest("") }
      digests["manifest"] = digest
      digests["manifest-\(digest)"] = digest
      digests[configDigest] = configDigest
      let keys = sizes.keys.sorted()
      var members = [
        #""id":"\#(hex)""#, #""digest":"\#(digest)""#, #""names":[\#(names.map(quote).joined(separator: ","))]"#,
        #""names-history":["former:1"]"#, #""metadata":"{}""#,
        #""big-data-names":[\#(keys.map(quote).joined(separator: ","))]"#,
        #""big-data-sizes":{\#(keys.map { "\(quote($0)):\(sizes[$0] ?? 0)" }.joined(separator: ","))}"#,
        #""big-data-digests":{\#(keys.map { "\(quote($0)):\(quote(digests[$0] ?? ""))" }.joined(separator: ","))}"#,
        #""created":"2024-04-02T14:17:46.123456789Z""#,
      ]
      if let layer { members.append(#""layer":"\#(layer)""#) }
      return "{\(members.joined(separator: ","))\(more)}"
    }
  }

  var images: String { "\(driver)-images/images.json" }
  var layers: String { "\(driver)-layers/layers.json" }
  func imageFolder(_ parts: Parts) -> String { "\(driver)-images/\(parts.hex)" }
  func manifestFile(_ parts: Parts) -> String { "\(imageFolder(parts))/manifest" }

  func configFile(_ parts: Parts) -> String {
    "\(imageFolder(parts))/=\(Data(parts.configDigest.utf8).base64EncodedString())"
  }

  /// Writes the images, and nothing else, in the order that their owner has: the list last, beside the old one.
  func write(_ all: [Parts]) throws {
    for parts in all { try writeBigData(parts) }
    try folder.replace(images, with: Self.list(all))
  }

  func writeBigData(_ parts: Parts) throws {
    mkdir("\(path)/\(imageFolder(parts))", 0o700)
    try folder.writeQuickly(parts.config, to: configFile(parts))
    try folder.writeQuickly(parts.manifest, to: manifestFile(parts))
  }

  static func list(_ all: [Parts]) -> String { "[\(all.map(\.json).joined(separator: ","))]" }

  /// Writes `layers.json`.
  func write(layers: [Layer], to file: String? = nil) throws {
    try folder.replace(file ?? self.layers, with: Self.list(layers))
  }

  static func list(_ layers: [Layer]) -> String { "[\(layers.map(\.json).joined(separator: ","))]" }

  struct Layer: Sendable {
    var id: String
    var parent: String?
    var size: String

    init(_ salt: String, parent: String? = nil, size: String = "1000") {
      id = String(TestLayout.digest("layer \(salt)").dropFirst(7))
      self.parent = parent
      self.size = size
    }

    var json: String {
      let parent = parent.map { #","parent":"\#($0)""# } ?? ""
      return #"{"id":"\#(id)"\#(parent),"created":"2024-04-02T14:17:46Z","compressed-size":7,"diff-size":\#(size)}"#
    }
  }
}
