import ImageAPI
import ImageWire
import MessagePack
import WireTesting

extension Request {
  init(_ tree: Tree) { self.init(bytes: tree.bytes) }

  init(bytes: [UInt8]) {
    var unpacker = Unpacker()
    self.init(decoding: bytes.span.bytes, with: &unpacker)
  }

  /// What is wrong with the request.
  var failure: APIError? {
    guard case .failure(let error) = call else { return nil }
    return error
  }
}

extension Array where Element == UInt8 {
  init(_ bytes: RawSpan) {
    self = bytes.withUnsafeBytes { [UInt8]($0) }
  }
}

func packed(_ write: (inout Packer) -> Void) -> [UInt8] {
  var packer = Packer()
  write(&packer)
  return packer.withBytes { Array($0) }
}

/// An unpacker for replies, which may be of any size.
func replyUnpacker() -> Unpacker {
  Unpacker(limits: Limits(bytes: .max, depth: Limits.deepest, elements: .max))
}
