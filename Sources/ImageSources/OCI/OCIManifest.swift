/// An image manifest: which configuration, which layers.
struct OCIManifest: Sendable {
  let config: OCIDescriptor
  /// Bytes of all the layers together, as stored.
  let layersSize: UInt64
  /// Whether it describes a container image. An artifact, such as a Helm chart or a signature, is none. A manifest of
  /// Docker's is an image whatever the type of its configuration, which old registries and tools wrote as they liked.
  let isImage: Bool
  let annotations: [String: String]

  private enum Field: String, CaseIterable {
    case schemaVersion, mediaType, artifactType, config, layers, annotations, manifests
  }

  private static let fields = JSONFields<Field>()

  /// Why Docker's older manifests are not read.
  static let schema1 = "its schemaVersion is 1: manifests that old are not read, pull the image anew"

  private enum OlderField: String, CaseIterable {
    case schemaVersion, fsLayers
  }

  private static let olderFields = JSONFields<OlderField>()

  /// Whether it is a manifest of schema 1.
  static func isOfSchema1(_ bytes: [UInt8]) -> Bool {
    var version: Int64?
    var hasLayers = false
    do {
      try JSONReader.read(bytes) { reader throws(JSONError) in
        try reader.object(Self.olderFields) { reader, field throws(JSONError) in
          switch field {
          case .schemaVersion: version = try reader.integer("schemaVersion")
          case .fsLayers:
            hasLayers = true
            try reader.skip()
          }
        }
      }
    } catch {
      return false
    }
    return version == 1 && hasLayers
  }

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
    var isDocker = false
    var config: OCIDescriptor?
    var size: UInt64 = 0
    var hasStatement = false
    var annotations: [String: String] = [:]
    try reader.object(Self.fields) { reader, field throws(JSONError) in
      switch field {
      case .schemaVersion:
        version = try reader.integer("schemaVersion")
      case .mediaType:
        // A blob that says to be something else than its descriptor says is a way to have two programs see two images.
        let text = try reader.stringBytes("mediaType")
        let type = OCIMediaType(text)
        guard text.isEmpty || type == .manifest || type == .dockerManifest else {
          throw .content("its own media type is not that of a manifest")
        }
        isDocker = type == .dockerManifest
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
          if layer.mediaType == .statement { hasStatement = true }
        }
      case .annotations:
        annotations = try reader.stringDictionary("annotations")
      case .manifests:
        throw .content("it could be read as a manifest and as an index")
      }
    }
    guard version == 2 else {
      guard version != 1 else { throw .content(Self.schema1) }
      throw .content(version.map { "its schemaVersion is \($0), not 2" } ?? "it has no schemaVersion")
    }
    guard let config else { throw .content("it has no config") }
    self.config = config
    self.annotations = annotations
    layersSize = size
    isImage = !hasStatement && (isDocker || config.mediaType == .imageConfig && !isArtifact)
  }
}
