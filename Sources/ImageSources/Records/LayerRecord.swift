internal import ImageAPI

/// What containers/storage and iSulad record of a layer, as far as the size of an image asks.
struct LayerRecord: Sendable, Hashable {
  let id: Digest
  /// The layer below; nil for the lowest.
  let parent: Digest?
  /// Bytes, uncompressed. A size that is not known, for which containers/storage writes -1, counts as none.
  let size: UInt64

  private enum Field: String, CaseIterable {
    case id, parent
    case size = "diff-size"
  }

  private static let fields = JSONFields<Field>()

  /// Reads a record.
  ///
  /// - Throws: ``JSONError`` if it describes no layer.
  init(_ reader: inout JSONReader) throws(JSONError) {
    var id: Digest?
    var parent: Digest?
    var size: UInt64 = 0
    try reader.object(Self.fields) { reader, field throws(JSONError) in
      switch field {
      case .id:
        id = try ImageRecord.hexadecimal(try reader.string("id"), "its id")
      case .parent:
        let text = try reader.string("parent")
        if !text.isEmpty { parent = try ImageRecord.hexadecimal(text, "its parent") }
      case .size:
        let number = try reader.integer("diff-size")
        guard number >= -1 else { throw .content("\"diff-size\" is \(number), which is negative") }
        size = UInt64(max(number, 0))
      }
    }
    guard let id else { throw .content("it has no id") }
    self.id = id
    self.parent = parent
    self.size = size
  }
}
