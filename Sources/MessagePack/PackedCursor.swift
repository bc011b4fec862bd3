/// Goes from head to head over bytes that a ``Packer`` wrote: nothing is checked, decoded or copied.
package struct PackedCursor {
  private var offset: Int

  /// A cursor before the object at `offset`.
  package init(at offset: Int) {
    self.offset = offset
  }

  /// Takes the head of an array, and goes to its first element.
  ///
  /// - Returns: How many elements it has.
  package mutating func takeArrayHeader(of bytes: RawSpan) -> Int { takeHead(of: bytes) }

  /// Takes a text.
  ///
  /// - Returns: Where its bytes stand.
  package mutating func takeText(of bytes: RawSpan) -> Range<Int> {
    let count = takeHead(of: bytes)
    defer { offset += count }
    return offset..<offset + count
  }

  private mutating func takeHead(of bytes: RawSpan) -> Int {
    bytes.extracting(offset...).withUnsafeBytes { bytes in
      guard let base = bytes.baseAddress else { preconditionFailure("an object ends where it should begin") }
      let head = FormatByte(bytes[0])
      offset += 1 + head.lengthBytes
      return head.length + (head.lengthBytes == 0 ? 0 : head.read(base + 1))
    }
  }
}
