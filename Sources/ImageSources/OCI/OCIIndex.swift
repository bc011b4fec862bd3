/// An image index: the layout's `index.json`, or a blob that lists one image's platforms.
struct OCIIndex: Sendable {
  let manifests: [OCIDescriptor]
  /// Descriptors that cannot be one.
  let broken: [BrokenElement]

  private enum Field: String, CaseIterable {
    case schemaVersion, mediaType, manifests, config, layers
  }

  private static let fields = JSONFields<Field>()

  /// Reads an index.
  ///
  /// - Throws: ``JSONError`` if it is none. One descriptor that is wrong does not make the index wrong.
  init(_ bytes: [UInt8]) throws(JSONError) {
    self = try JSONReader.read(bytes) { reader throws(JSONError) in
      try OCIIndex(&reader)
    }
  }

  private init(_ reader: inout JSONReader) throws(JSONError) {
    var version: Int64?
    // Go programs write an empty list as null, which `object` takes for absent.
    var manifests = JSONElements<OCIDescriptor>()
    try reader.object(Self.fields) { reader, field throws(JSONError) in
      switch field {
      case .schemaVersion:
        version = try reader.integer("schemaVersion")
      case .mediaType:
        let text = try reader.stringBytes("mediaType")
        guard text.isEmpty || OCIMediaType(text) == .index else {
          throw .content("its own media type is not that of an index")
        }
      case .manifests:
        manifests = try reader.elements("manifests") { reader throws(JSONError) in try OCIDescriptor(&reader) }
      case .config, .layers:
        throw .content("it could be read as an index and as a manifest")
      }
    }
    guard version == 2 else {
      throw .content(version.map { "its schemaVersion is \($0), not 2" } ?? "it has no schemaVersion")
    }
    self.manifests = manifests.good
    broken = manifests.broken
  }
}
