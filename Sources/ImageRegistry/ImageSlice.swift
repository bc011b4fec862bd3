internal import ImageAPI
internal import ImageWire
internal import MessagePack

/// Neighbouring images of one chunk, often only one.
struct ImageSlice: Sendable {
  private let chunk: Chunk
  private let positions: Range<Int>

  init(_ positions: Range<Int>, of chunk: Chunk) {
    self.chunk = chunk
    self.positions = positions
  }

  var count: Int { positions.count }
  var byteCount: Int { chunk.range(of: positions).count }
  /// - Precondition: The slice is not empty.
  var lastID: Digest { chunk.id(at: positions.upperBound - 1) }
  /// - Precondition: The slice is not empty.
  var lastHolders: SourceSet { chunk.items[positions.upperBound - 1].holders }

  /// The image at a position, from 0 on, as a slice of one.
  subscript(position: Int) -> ImageSlice {
    let start = positions.lowerBound + position
    return ImageSlice(start..<start + 1, of: chunk)
  }

  func prefix(_ count: Int) -> ImageSlice { ImageSlice(positions.prefix(count), of: chunk) }

  /// Whether the images' bytes are these.
  func equals(_ other: PackedBytes) -> Bool {
    withBytes { bytes in other.withBytes { bytes.hasSameBytes(as: $0) } }
  }

  /// Whether the one image of the slice goes by a name, in whatever spelling.
  func isCalled(_ name: RawSpan) -> Bool {
    withBytes { bytes in
      // Most ask for a name as the image has it.
      if Image.hasName(encoded: bytes, { $0.hasSameBytes(as: name) }) { return true }
      var isCalled = false
      ImageReference.normalise(name) { wanted in
        isCalled = Image.hasName(encoded: bytes) { name in
          var isMeant = false
          ImageReference.normalise(name) { isMeant = $0.hasSameBytes(as: wanted) }
          return isMeant
        }
      }
      return isCalled
    }
  }

  func withBytes<Result, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let range = chunk.range(of: positions)
    return try chunk.bytes.withBytes { (bytes) throws(Failure) -> Result in try body(bytes.extracting(range)) }
  }
}
