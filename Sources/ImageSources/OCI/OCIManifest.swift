/// An image manifest: which configuration, which layers.
struct OCIManifest: Sendable {
  let config: OCIDescriptor
  /// Bytes of all the layers together, as stored.
  let layersSize: UInt64
  /// Whether it describes a container image. An artifact, such as a Helm chart or a signature, is none.
  let isImage: Bool
  let annotations: [String: String]

  private enum Field: String, CaseIterable {
    case schemaVersion, mediaType, artifactType, config, layers, annotations, manifests
  }

  private static let fields = JSONFields<Field>()

  /// Reads a manifest.
  ///
  /// - Throws: ``JSONError`` if it is none.
  init(_ bytes: [UInt8]) throws(JSONError) {
    self = try JSONReader.read(bytes) { reader throws(JSONError) in
      try OCIManifest(&reader)
    }
  }

  private init(_ reader: inout JSONReader) throws(JSONError) {
    var version: Int64?
    var isArtifact = false
    var config: OCIDescriptor?
    var size: UInt64 = 0
    var layers = 0
    var statements = 0
    var annotations: [String: String] = [:]
    try reader.object(Self.fields) { reader, field throws(JSONError) in
      switch field {
      case .schemaVersion:
        version = try reader.integer("schemaVersion")
      case .mediaType:
        // A blob that says to be something else than its descriptor says is a way to have two programs see two images.
        let text = try reader.stringBytes("mediaType")
        guard text.isEmpty || OCIMediaType(text) == .manifest else {
          throw .content("its own media type is not that of a manifest")
        }
      case .artifactType:
        let text = try reader.stringBytes("artifactType")
        isArtifact = !text.isEmpty && OCIMediaType(text) != .imageConfig
      case .config:
        config = try OCIDescriptor(&reader)
      case .layers:
        try reader.array("layers") { reader throws(JSONError) in
          let layer = try OCIDescriptor(&reader)
          let (sum, overflow) = size.addingReportingOverflow(layer.size)
          guard !overflow else { throw .content("the sizes of its layers are more than 64 bits hold") }
          size = sum
          layers += 1
          if layer.mediaType == .statement { statements += 1 }
        }
      case .annotations:
        annotations = try reader.stringDictionary("annotations")
      case .manifests:
        throw .content("it could be read as a manifest and as an index")
      }
    }
    guard version == 2 else {
      throw .content(version.map { "its schemaVersion is \($0), not 2" } ?? "it has no schemaVersion")
    }
    guard let config else { throw .content("it has no config") }
    self.config = config
    self.annotations = annotations
    layersSize = size
    isImage = config.mediaType == .imageConfig && !isArtifact && (layers == 0 || statements < layers)
  }
}
