internal import Diagnostics
internal import ImageAPI

/// The manifest of an embedded image; the rules that need no look at the host are kept.
struct EmbeddedManifest: Sendable {
  private static let mediaType = "application/embedded.manifest+json"

  /// With its tag, exactly as written.
  let imageName: String
  /// From the lowest up.
  let layers: [EmbeddedLayer]
  /// Bytes of all the layers but the lowest, which is the host's.
  let size: UInt64

  private enum Field: String, CaseIterable {
    case schemaVersion, mediaType, imageName, created, config, layers
  }

  private enum ConfigField: String, CaseIterable {
    case none
  }

  private static let fields = JSONFields<Field>()
  private static let configFields = JSONFields<ConfigField>()

  /// Reads a manifest.
  ///
  /// - Throws: ``JSONError`` that says which rule it breaks, and with which value.
  init(_ bytes: [UInt8]) throws(JSONError) {
    guard !bytes.isEmpty else { throw .content("it is empty") }
    self = try JSONReader.read(bytes) { reader throws(JSONError) in try EmbeddedManifest(&reader) }
  }

  private init(_ reader: inout JSONReader) throws(JSONError) {
    var version: Int64?
    var mediaType: String?
    var name: String?
    var created: String?
    var layers: [EmbeddedLayer] = []
    var count = 0
    try reader.object(Self.fields) { reader, field throws(JSONError) in
      switch field {
      case .schemaVersion: version = try reader.integer("schemaVersion")
      case .mediaType: mediaType = try reader.string("mediaType")
      case .imageName: name = try reader.string("imageName")
      case .created: created = try reader.string("created")
      case .config: try reader.object(Self.configFields) { reader, _ throws(JSONError) in try reader.skip() }
      case .layers:
        try reader.array("layers") { reader throws(JSONError) in
          count += 1
          guard count <= EmbeddedLimits.layers else { return try reader.skip() }
          layers.append(try EmbeddedLayer(&reader, number: count - 1))
        }
      }
    }
    guard version == 1 else {
      throw .content("schemaVersion is \(version.map { "\($0)" } ?? "missing"): it must be 1")
    }
    guard mediaType == Self.mediaType else {
      throw .content("mediaType is \(mediaType.map(quoted) ?? "missing"): it must be \(Self.mediaType)")
    }
    guard let name else { throw .content("imageName is missing") }
    try Self.check(name)
    guard let created, Timestamp(created) != nil else {
      throw .content(
        "created is \(created.map { quoted(String($0.prefix(100))) } ?? "missing"): it must be a time by RFC 3339, such as "
          + "2019-04-02T14:17:46Z")
    }
    guard 1...EmbeddedLimits.layers ~= count else {
      throw .content("it has \(count) layers: there must be 1 to \(EmbeddedLimits.layers)")
    }
    var size: UInt64 = 0
    for layer in layers.dropFirst() {
      let (sum, overflow) = size.addingReportingOverflow(layer.size)
      guard !overflow else { throw .content("the sizes of its layers are more than 64 bits hold") }
      size = sum
    }
    imageName = name
    self.layers = layers
    self.size = size
  }

  private static func check(_ name: String) throws(JSONError) {
    guard name.utf8.count <= EmbeddedLimits.nameLength else {
      throw .content("imageName has \(name.utf8.count) bytes, more than \(EmbeddedLimits.nameLength)")
    }
    guard name != "none", name != "none:latest" else {
      throw .content("imageName is \(quoted(name)), which stands for an image without a name")
    }
    let reference: ImageReference
    do throws(APIError) {
      reference = try ImageReference(name)
    } catch {
      throw .content("imageName is wrong: \(error.message)")
    }
    // A reference without a tag means latest; an embedded image is called by what is written and nothing else.
    guard case .tag(let tag) = reference.version, name.hasSuffix(":\(tag)") else {
      throw .content("imageName is \(quoted(name)): it must end in a tag, such as \(quoted("busybox:1.0"))")
    }
  }
}
