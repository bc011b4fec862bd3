internal import CRIProtocol
internal import ImageAPI
internal import ImageRegistry
internal import SwiftProtobuf

/// Images as protobuf, in the order of a selection. ListImagesResponse and StreamImagesResponse are the same bytes.
struct EncodedList: Sendable {
  /// The one message with all the images.
  let message: EncodedBytes
  /// The same in messages of at most ``maxPieceBytes``, unless one image has more.
  let pieces: [EncodedBytes]
  /// How many bytes the images of each source have, by its number.
  let sizes: [UInt64]

  static let maxPieceBytes = 1 << 20
  /// The key of `images`, number 1, a submessage.
  private static let imagesKey: UInt8 = 0x0a

  init(_ selection: Selection, sourceCount: Int) throws {
    var bytes: [UInt8] = []
    var pieces: [EncodedBytes] = []
    var sizes = [UInt64](repeating: 0, count: sourceCount)
    var start = 0
    try selection.forEachImage { (image, sources) throws in
      let encoded: [UInt8] = try CRIImage(image).serializedBytes()
      if bytes.count + encoded.count + 11 - start > Self.maxPieceBytes, bytes.count > start {
        pieces.append(EncodedBytes(bytes[start...]))
        start = bytes.count
      }
      bytes.append(Self.imagesKey)
      Self.append(varint: encoded.count, to: &bytes)
      bytes += encoded
      for source in sources { sizes[source] &+= image.size }
    }
    message = EncodedBytes(bytes)
    if start == 0, !bytes.isEmpty {
      pieces = [message]
    } else if start < bytes.count {
      pieces.append(EncodedBytes(bytes[start...]))
    }
    self.pieces = pieces
    self.sizes = sizes
  }

  private static func append(varint value: Int, to bytes: inout [UInt8]) {
    var rest = value
    while rest > 0x7f {
      bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    bytes.append(UInt8(rest))
  }
}
