internal import Glibc

/// Compares objects with bytes that a ``Packer`` wrote, where they stand: nothing is encoded, decoded or copied.
package struct PackedComparison: ObjectSink {
  private let bytes: UnsafeRawBufferPointer
  private var offset = 0
  private var isEqual = true

  /// Whether the objects that `write` gives are what the bytes hold, no more and no less.
  ///
  /// - Parameters:
  ///   - bytes: What a packer wrote.
  ///   - write: Gives the objects in the order in which they would be packed.
  /// - Returns: Whether a packer would write these bytes.
  package static func matches(_ bytes: RawSpan, _ write: (inout PackedComparison) -> Void) -> Bool {
    bytes.withUnsafeBytes { buffer in
      var comparison = PackedComparison(bytes: buffer)
      write(&comparison)
      return comparison.isEqual && comparison.offset == buffer.count
    }
  }

  private init(bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  package mutating func packMapHeader(_ pairs: Int) {
    compareLength(UInt64(pairs), short: 0x80, upTo: 16, wide: 0xde)
  }

  package mutating func packArrayHeader(_ elements: Int) {
    compareLength(UInt64(elements), short: 0x90, upTo: 16, wide: 0xdc)
  }

  package mutating func packNil() { compare(byte: 0xc0) }

  package mutating func pack(_ value: Bool) { compare(byte: value ? 0xc3 : 0xc2) }

  package mutating func pack(_ value: UInt64) {
    switch value {
    case ..<0x80: compare(byte: UInt8(value))
    case ...UInt64(UInt8.max): compare(0xcc, UInt8(value))
    case ...UInt64(UInt16.max): compare(0xcd, UInt16(value))
    case ...UInt64(UInt32.max): compare(0xce, UInt32(value))
    default: compare(0xcf, value)
    }
  }

  package mutating func pack(_ value: Int64) {
    switch value {
    case 0...: pack(UInt64(value))
    case (-32)...: compare(byte: UInt8(bitPattern: Int8(value)))
    case Int64(Int8.min)...: compare(0xd0, UInt8(bitPattern: Int8(value)))
    case Int64(Int16.min)...: compare(0xd1, UInt16(bitPattern: Int16(value)))
    case Int64(Int32.min)...: compare(0xd2, UInt32(bitPattern: Int32(value)))
    default: compare(0xd3, UInt64(bitPattern: value))
    }
  }

  package mutating func pack(_ text: String) {
    text.utf8.span.withUnsafeBufferPointer { compare(text: UnsafeRawBufferPointer($0)) }
  }

  package mutating func packKey(_ text: StaticString) {
    text.withUTF8Buffer { compare(text: UnsafeRawBufferPointer($0)) }
  }

  private mutating func compare(text: UnsafeRawBufferPointer) {
    let count = UInt64(text.count)
    if (32...UInt64(UInt8.max)).contains(count) {
      compare(0xd9, UInt8(count))
    } else {
      compareLength(count, short: 0xa0, upTo: 32, wide: 0xda)
    }
    guard isEqual, bytes.count - offset >= text.count else { return isEqual = false }
    defer { offset += text.count }
    guard let own = bytes.baseAddress, let other = text.baseAddress else { return }
    isEqual = memcmp(own + offset, other, text.count) == 0
  }

  /// A length in the first byte if it is small, else in two or four bytes after `wide` or the byte that follows it.
  private mutating func compareLength(_ length: UInt64, short: UInt8, upTo limit: UInt64, wide: UInt8) {
    switch length {
    case ..<limit: compare(byte: short | UInt8(length))
    case ...UInt64(UInt16.max): compare(wide, UInt16(length))
    default: compare(wide + 1, UInt32(truncatingIfNeeded: length))
    }
  }

  private mutating func compare(byte: UInt8) {
    guard isEqual, offset < bytes.count else { return isEqual = false }
    isEqual = bytes[offset] == byte
    offset += 1
  }

  private mutating func compare<Number: FixedWidthInteger>(_ format: UInt8, _ value: Number) {
    compare(byte: format)
    guard isEqual, bytes.count - offset >= MemoryLayout<Number>.size else { return isEqual = false }
    isEqual = Number(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Number.self)) == value
    offset += MemoryLayout<Number>.size
  }
}
