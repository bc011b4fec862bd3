internal import Glibc

/// Looking at parts of a text as bytes.
extension Span<UInt8> {
  /// Whether both have the same bytes.
  package func hasSameBytes(as other: Span<UInt8>) -> Bool {
    guard count == other.count else { return false }
    return withUnsafeBufferPointer { own in
      other.withUnsafeBufferPointer { other in
        guard let first = own.baseAddress, let second = other.baseAddress else { return true }
        return memcmp(first, second, own.count) == 0
      }
    }
  }

  func allSatisfy(in range: Range<Int>, _ predicate: (UInt8) -> Bool) -> Bool {
    for index in range where !predicate(self[index]) { return false }
    return true
  }

  package func firstIndex(of byte: UInt8, in range: Range<Int>) -> Int? {
    extracting(range).withUnsafeBufferPointer { bytes in
      guard let start = bytes.baseAddress, let found = memchr(start, Int32(byte), bytes.count) else { return nil }
      return range.lowerBound + UnsafeRawPointer(start).distance(to: found)
    }
  }

  /// Whether a part is this text.
  package func equals(_ text: StaticString, in range: Range<Int>) -> Bool {
    extracting(range).hasSameBytes(as: Span(_unsafeStart: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  package func begins(with text: StaticString) -> Bool {
    count >= text.utf8CodeUnitCount && equals(text, in: 0..<text.utf8CodeUnitCount)
  }

  /// Whether `predicate` holds for each of the components that `separator` parts `range` into, empty ones too.
  func allComponents(of range: Range<Int>, separator: UInt8, _ predicate: (Range<Int>) -> Bool) -> Bool {
    var start = range.lowerBound
    while let end = firstIndex(of: separator, in: start..<range.upperBound) {
      guard predicate(start..<end) else { return false }
      start = end + 1
    }
    return predicate(start..<range.upperBound)
  }

  /// A copy of a part; what is not UTF-8 in it is repaired.
  package func string(in range: Range<Int>) -> String {
    extracting(range).withUnsafeBufferPointer { String(decoding: $0, as: UTF8.self) }
  }
}
