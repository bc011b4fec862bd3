internal import Glibc

extension String {
  /// Whether it is the same text by bytes: `==` takes names for equal that differ in how they compose an accent.
  package func hasSameBytes(as other: String) -> Bool {
    let (own, other) = (utf8.span, other.utf8.span)
    guard own.count == other.count else { return false }
    return own.withUnsafeBufferPointer { own in
      other.withUnsafeBufferPointer { other in
        guard let first = own.baseAddress, let second = other.baseAddress else { return true }
        return memcmp(first, second, own.count) == 0
      }
    }
  }
}
