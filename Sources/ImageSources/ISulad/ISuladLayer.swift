internal import ImageAPI

/// A layer's `layer.json`, as far as the size of an image asks.
struct ISuladLayer: Sendable, Hashable {
  /// The layer below; nil for the lowest.
  let parent: Digest?
  /// Bytes, uncompressed.
  let size: UInt64

  private enum Field: String, CaseIterable {
    case id, parent
    case size = "diff-size"
  }

  private static let fields = JSONFields<Field>()

  /// Reads the `layer.json` of the layer `id`.
  ///
  /// - Throws: ``JSONError`` if it describes no layer, or another.
  init(_ id: Digest, _ bytes: [UInt8]) throws(JSONError) {
    self = try JSONReader.read(bytes) { reader throws(JSONError) in
      var own: Digest?
      var parent: Digest?
      var size: UInt64 = 0
      try reader.object(Self.fields) { reader, field throws(JSONError) in
        switch field {
        case .id:
          own = try ISuladRecord.hexadecimal(try reader.string("id"), "its id")
        case .parent:
          let text = try reader.string("parent")
          if !text.isEmpty { parent = try ISuladRecord.hexadecimal(text, "its parent") }
        case .size:
          size = try reader.size("diff-size")
        }
      }
      guard let own else { throw .content("it has no id") }
      guard own == id else { throw .content("its id is \(own.hex), not the name of its folder") }
      return ISuladLayer(parent: parent, size: size)
    }
  }

  private init(parent: Digest?, size: UInt64) {
    self.parent = parent
    self.size = size
  }
}
