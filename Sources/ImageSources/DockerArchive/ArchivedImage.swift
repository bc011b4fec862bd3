/// An entry of an archive's `manifest.json`.
struct ArchivedImage {
  /// The names of files in the archive.
  let config: String
  let layers: [String]
  /// The names of the image.
  let names: [String]

  private enum Field: String, CaseIterable {
    case config = "Config"
    case layers = "Layers"
    case names = "RepoTags"
  }

  private static let fields = JSONFields<Field>()

  /// Reads an entry.
  ///
  /// - Throws: ``JSONError`` if it names no configuration, or something else than the names of files and of images.
  init(_ reader: inout JSONReader) throws(JSONError) {
    var config: String?
    var layers: [String] = []
    var names: [String] = []
    try reader.object(Self.fields) { reader, field throws(JSONError) in
      switch field {
      case .config: config = try reader.string("Config")
      case .layers:
        try reader.array("Layers") { reader throws(JSONError) in layers.append(try reader.string("Layers")) }
      case .names:
        try reader.array("RepoTags") { reader throws(JSONError) in
          names.append(try StoredName.checked(try reader.string("RepoTags")))
        }
      }
    }
    guard let config else { throw .content("it has no Config") }
    self.config = config
    self.layers = layers
    self.names = names
  }
}
