/// The file `oci-layout`, which marks a folder as a layout.
struct OCILayoutFile: Sendable {
  /// The version of the layout.
  let version: String

  private enum Field: String, CaseIterable {
    case imageLayoutVersion
  }

  private static let fields = JSONFields<Field>()

  /// Reads the file.
  ///
  /// - Throws: ``JSONError`` if it names no version.
  init(_ bytes: [UInt8]) throws(JSONError) {
    let version = try JSONReader.read(bytes) { reader throws(JSONError) -> String? in
      var version: String?
      try reader.object(Self.fields) { reader, _ throws(JSONError) in
        version = try reader.string("imageLayoutVersion")
      }
      return version
    }
    guard let version else { throw .content("it has no \"imageLayoutVersion\"") }
    self.version = version
  }
}
