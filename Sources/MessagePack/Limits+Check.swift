extension Limits {
  /// Finds out, in one forward pass without recursion or allocation, whether bytes are one whole acceptable message.
  ///
  /// Text is not validated here: ``Value/string(at:)`` does that for the strings that somebody reads.
  ///
  /// - Parameter bytes: The message.
  /// - Throws: ``MessagePackError`` with the code `empty`, `tooManyBytes`, `truncated`, `trailingBytes`,
  ///   `reservedByte`, `tooDeep` or `tooManyElements`, and the offset of the first byte that is wrong.
  public func check(_ bytes: RawSpan) throws(MessagePackError) {
    if let fault = bytes.withUnsafeBytes({ firstError(in: $0) }) {
      throw MessagePackError(fault, limits: self)
    }
  }

  func firstError(in bytes: UnsafeRawBufferPointer) -> LimitError? {
    guard let base = bytes.baseAddress, !bytes.isEmpty else { return LimitError(.empty, at: 0) }
    guard bytes.count <= self.bytes else { return LimitError(.tooManyBytes, at: self.bytes, declared: bytes.count) }
    // A constant, because memory of a size known only at run time would come from the heap.
    return withUnsafeTemporaryAllocation(of: Int.self, capacity: Limits.deepest) { open in
      walk(base, end: bytes.count, open: open)
    }
  }

  // `open` has, for each open container but the innermost, the number of objects it still lacks.
  private func walk(_ base: UnsafeRawPointer, end: Int, open: UnsafeMutableBufferPointer<Int>) -> LimitError? {
    var depth = 0
    var lacking = 1
    var offset = 0
    while true {
      let start = offset
      guard start < end else { return LimitError(.truncated, at: start) }
      let head = FormatByte(base.load(fromByteOffset: start, as: UInt8.self))
      offset += 1
      var length = head.length
      if head.lengthBytes > 0 {
        guard end - offset >= head.lengthBytes else { return LimitError(.truncated, at: start) }
        length += head.read(base + offset)
        offset += head.lengthBytes
      }
      lacking -= 1

      switch head.shape {
      case .body:
        guard end - offset >= length else { return LimitError(.truncated, at: start, declared: length) }
        offset += length
      case .array, .map:
        guard depth < self.depth else { return LimitError(.tooDeep, at: start, declared: depth + 1) }
        guard length <= elements else { return LimitError(.tooManyElements, at: start, declared: length) }
        let objects = head.shape == .map ? 2 * length : length
        // An object takes a byte at least, so more objects than bytes is a lie that need not be followed to its end.
        guard objects <= end - offset else { return LimitError(.truncated, at: start, declared: length) }
        open[depth] = lacking
        depth += 1
        lacking = objects
      case .reserved:
        return LimitError(.reservedByte, at: start)
      }

      while lacking == 0 {
        guard depth > 0 else {
          return offset == end ? nil : LimitError(.trailingBytes, at: offset, declared: end - offset)
        }
        depth -= 1
        lacking = open[depth]
      }
    }
  }
}
