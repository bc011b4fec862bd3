extension OutputRawSpan {
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
