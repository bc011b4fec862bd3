/// What ``ArchiveReader`` reads from.
protocol ByteInput: AnyObject {
  /// The next bytes, which are there until the next call; none at the end.
  func next() throws(ArchiveError) -> UnsafeRawBufferPointer
  /// Passes over `count` bytes, or fewer, and says how many.
  func skip(_ count: Int64) -> Int64
}
