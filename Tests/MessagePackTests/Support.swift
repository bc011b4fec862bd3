import MessagePack

/// Limits that only the bytes themselves can break.
let generous = Limits(bytes: 1 << 20, depth: Limits.deepest, elements: 1 << 20)

func packed(_ write: (inout Packer) -> Void) -> [UInt8] {
  var packer = Packer()
  write(&packer)
  return packer.withBytes { Array($0) }
}

func unpack<Result>(
  _ bytes: [UInt8],
  limits: Limits = generous,
  _ body: (Value) throws(MessagePackError) -> Result
) throws(MessagePackError) -> Result {
  var unpacker = Unpacker(limits: limits)
  return try unpacker.unpack(bytes.span.bytes, body)
}

/// The code of the error that a message is refused with, nil when it is accepted.
func refusal(of bytes: [UInt8], limits: Limits = .request) -> MessagePackError.Code? {
  do throws(MessagePackError) {
    try unpack(bytes, limits: limits) { _ in }
    return nil
  } catch {
    return error.code
  }
}

/// `{"filter": {"image": {"image": "busybox"}}}`.
let request = packed { packer in
  packer.packMapHeader(1)
  packer.packKey("filter")
  packer.packMapHeader(1)
  packer.packKey("image")
  packer.packMapHeader(1)
  packer.packKey("image")
  packer.pack("busybox")
}

/// Every format of the specification once, in an array.
let everyFormat: [UInt8] =
  [0xdc, 0, 35]
  + [0x05, 0xff, 0xc0, 0xc2, 0xc3]
  + [0xcc, 1, 0xcd, 0, 1, 0xce, 0, 0, 0, 1, 0xcf, 0, 0, 0, 0, 0, 0, 0, 1]
  + [0xd0, 1, 0xd1, 0, 1, 0xd2, 0, 0, 0, 1, 0xd3, 0, 0, 0, 0, 0, 0, 0, 1]
  + [0xca, 0x3f, 0x80, 0, 0, 0xcb, 0x3f, 0xf0, 0, 0, 0, 0, 0, 0]
  + [0xa1, 97, 0xd9, 1, 97, 0xda, 0, 1, 97, 0xdb, 0, 0, 0, 1, 97]
  + [0xc4, 1, 9, 0xc5, 0, 1, 9, 0xc6, 0, 0, 0, 1, 9]
  + [0xc7, 1, 7, 9, 0xc8, 0, 1, 7, 9, 0xc9, 0, 0, 0, 1, 7, 9]
  + [0xd4, 7, 9, 0xd5, 7, 9, 9, 0xd6, 7, 9, 9, 9, 9, 0xd7, 7, 9, 9, 9, 9, 9, 9, 9, 9]
  + [0xd8, 7] + [UInt8](repeating: 9, count: 16)
  + [0x91, 0x01, 0x81, 0x01, 0x02, 0xdc, 0, 1, 0x01, 0xdd, 0, 0, 0, 1, 0x01]
  + [0xde, 0, 1, 0x01, 0x02]

extension Array where Element == UInt8 {
  init(_ bytes: RawSpan) {
    self = bytes.withUnsafeBytes { [UInt8]($0) }
  }
}
