internal import Glibc

extension String {
  /// Whether both texts have the same bytes. `==` also takes texts for equal that compose an accent in different ways.
  package func hasSameBytes(as other: String) -> Bool {
    utf8.span.hasSameBytes(as: other.utf8.span)
  }

  /// Whether the bytes of this text stand before those of the other one in their order.
  package func precedes(_ other: String) -> Bool {
    let (own, other) = (utf8.span, other.utf8.span)
    return own.withUnsafeBufferPointer { own in
      other.withUnsafeBufferPointer { other in
        guard let first = own.baseAddress, let second = other.baseAddress else { return own.count < other.count }
        let order = memcmp(first, second, min(own.count, other.count))
        return order == 0 ? own.count < other.count : order < 0
      }
    }
  }
}
