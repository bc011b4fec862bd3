extension OutputRawSpan {
  /// Counts what stands next in the memory as written: in memory that was taken over, what was there before.
  ///
  /// - Parameter count: So many bytes.
  /// - Precondition: They were written, by whoever had the memory then.
  public mutating func keep(_ count: Int) {
    precondition(count <= freeCapacity, "no \(count) bytes to keep")
    withUnsafeMutableBytes { _, initialized in initialized += count }
  }

  /// Appends bytes, all at once.
  ///
  /// - Parameter bytes: What to copy.
  /// - Precondition: There is room for them.
  public mutating func append(contentsOf bytes: RawSpan) {
    withUnsafeMutableBytes { memory, initialized in
      bytes.withUnsafeBytes { source in
        UnsafeMutableRawBufferPointer(rebasing: memory[initialized...]).copyMemory(from: source)
        initialized += source.count
      }
    }
  }
}
