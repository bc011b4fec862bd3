internal import ImageAPI
internal import ImageWire
internal import MessagePack

/// Reading back what the writer encoded, which cannot fail.
extension ImageSlice {
  /// The one image of the slice.
  func image(with unpacker: inout Unpacker) -> Image? {
    withBytes { bytes in
      try? unpacker.unpack(bytes, failure: { APIError($0) }) { (value) throws(APIError) in try Image(decoding: value) }
    }
  }
}

extension Limits {
  /// The limits of an image that was encoded here: only the depth is bounded.
  static let ofImages = Limits(bytes: .max, depth: deepest, elements: .max)
}
