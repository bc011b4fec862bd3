internal import ImageAPI
internal import ImageWire
internal import MessagePack

/// Reading back what the writer encoded, which cannot fail.
extension ImageSlice {
  /// The lone image of the run.
  func image(with unpacker: inout Unpacker) -> Image? {
    withBytes { bytes in
      try? unpacker.unpack(bytes, failure: { APIError($0) }) { (value) throws(APIError) in try Image(decoding: value) }
    }
  }

  /// The names of the lone image of the run, and nothing else of it.
  func names(with unpacker: inout Unpacker) -> [String]? {
    withBytes { bytes in
      try? unpacker.unpack(bytes, failure: { APIError($0) }) { (value) throws(APIError) in
        try Image.names(decoding: value)
      }
    }
  }
}

extension Limits {
  /// Those of an image that was encoded here: none but the deepest that can be read.
  static let ofImages = Limits(bytes: .max, depth: deepest, elements: .max)
}
