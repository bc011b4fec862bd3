/// The first byte of an object and what it says of the bytes that follow, from the table of formats in
/// https://github.com/msgpack/msgpack/blob/master/spec.md#formats.
struct FormatByte {
  enum Shape {
    /// So many further bytes as its length is.
    case body
    case array
    case map
    /// `c1`, which no object begins with.
    case reserved
  }

  let shape: Shape
  /// How many bytes after the first hold the length: 0, 1, 2 or 4.
  let lengthBytes: Int
  /// The length so far as the first byte tells it: all of it when ``lengthBytes`` is 0, otherwise what is to be added
  /// to the length that is read, the type byte of an extension.
  let length: Int

  @inline(__always)
  private init(_ shape: Shape, lengthBytes: Int = 0, length: Int = 0) {
    self.shape = shape
    self.lengthBytes = lengthBytes
    self.length = length
  }

  @inline(__always)
  init(_ byte: UInt8) {
    switch byte {
    case 0x00...0x7f, 0xe0...0xff, 0xc0, 0xc2, 0xc3: self.init(.body)
    case 0x80...0x8f: self.init(.map, length: Int(byte & 0x0f))
    case 0x90...0x9f: self.init(.array, length: Int(byte & 0x0f))
    case 0xa0...0xbf: self.init(.body, length: Int(byte & 0x1f))
    case 0xc4...0xc6: self.init(.body, lengthBytes: 1 << Int(byte - 0xc4))
    case 0xc7...0xc9: self.init(.body, lengthBytes: 1 << Int(byte - 0xc7), length: 1)
    case 0xca, 0xcb: self.init(.body, length: 4 << Int(byte - 0xca))
    case 0xcc...0xcf: self.init(.body, length: 1 << Int(byte - 0xcc))
    case 0xd0...0xd3: self.init(.body, length: 1 << Int(byte - 0xd0))
    case 0xd4...0xd8: self.init(.body, length: 1 + 1 << Int(byte - 0xd4))
    case 0xd9...0xdb: self.init(.body, lengthBytes: 1 << Int(byte - 0xd9))
    case 0xdc, 0xdd: self.init(.array, lengthBytes: 2 << Int(byte - 0xdc))
    case 0xde, 0xdf: self.init(.map, lengthBytes: 2 << Int(byte - 0xde))
    default: self.init(.reserved)  // c1
    }
  }

  /// Reads the length from what follows the first byte, ``lengthBytes`` long.
  @inline(__always)
  func read(_ bytes: UnsafeRawPointer) -> Int {
    switch lengthBytes {
    case 1: Int(bytes.load(as: UInt8.self))
    case 2: Int(UInt16(bigEndian: bytes.loadUnaligned(as: UInt16.self)))
    default: Int(UInt32(bigEndian: bytes.loadUnaligned(as: UInt32.self)))
    }
  }
}
