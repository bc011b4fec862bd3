internal import CMessagePack

/// Bytes that do not change and do not move, and are freed with the last reference.
///
/// A transport may keep a reference and send from ``withUnsafeBytes(_:)`` without copying.
public final class PackedBytes: Sendable {
  /// How many bytes there are.
  public let count: Int

  /// All of the memory, `count` bytes of it initialized.
  @usableFromInline
  nonisolated(unsafe) let memory: UnsafeMutableRawBufferPointer
  /// Set by the last reference, when it gives the memory to another.
  nonisolated(unsafe) private var isGivenAway = false

  /// Takes over memory that came from `malloc`, as that of libmsgpack's own buffer does.
  init(adopting memory: UnsafeMutableRawBufferPointer, count: Int) {
    self.memory = memory
    self.count = count
  }

  deinit {
    if !isGivenAway { free(memory.baseAddress) }
  }

  /// Copies bytes.
  ///
  /// - Parameter bytes: What to copy.
  public convenience init(copying bytes: RawSpan) {
    self.init(capacity: bytes.byteCount) { $0.append(contentsOf: bytes) }
  }

  /// Makes bytes in place, in memory that nobody cleared first.
  ///
  /// - Parameters:
  ///   - capacity: The most bytes that there will be.
  ///   - body: Appends the bytes; ``Swift/OutputRawSpan/append(contentsOf:)`` takes many at once.
  /// - Throws: What `body` throws.
  public convenience init<Failure: Error>(
    capacity: Int,
    initializingWith body: (inout OutputRawSpan) throws(Failure) -> Void
  ) throws(Failure) {
    var none: PackedBytes?
    try self.init(capacity: capacity, reusing: &none) { (output, _) throws(Failure) in try body(&output) }
  }

  /// Makes bytes in place, in the memory of others that are no longer wanted.
  ///
  /// Writing 48 MB into fresh memory takes some 30 ms, most of it in the kernel, and into used memory 5.
  ///
  /// - Parameters:
  ///   - capacity: The most bytes that there will be.
  ///   - headroom: So many bytes more has fresh memory, so that it can be taken again for somewhat more bytes.
  ///   - retired: The bytes to take the memory from. When this is the last reference to them, and their memory is
  ///     large enough and not more than twice that, it is taken and `retired` is nil afterwards. Otherwise `retired`
  ///     stays as it is and the memory is fresh.
  ///   - body: Appends the bytes. It is told how many of the retired ones still stand at the beginning of the memory, 0
  ///     when that is fresh: what is to stay goes on with ``Swift/OutputRawSpan/keep(_:)``.
  /// - Throws: What `body` throws. Memory that was taken is lost then.
  public init<Failure: Error>(
    capacity: Int,
    headroom: Int = 0,
    reusing retired: inout PackedBytes?,
    initializingWith body: (inout OutputRawSpan, _ kept: Int) throws(Failure) -> Void
  ) throws(Failure) {
    let count = retired?.count ?? 0
    let taken = PackedBytes.takeMemory(of: &retired, capacity: capacity)
    let memory = taken ?? PackedBytes.allocate(capacity + headroom)
    var output = OutputRawSpan(buffer: memory, initializedCount: 0)
    do throws(Failure) {
      try body(&output, taken == nil ? 0 : count)
    } catch {
      free(memory.baseAddress)
      throw error
    }
    self.count = output.finalize(for: memory)
    self.memory = memory
  }

  /// Lends the bytes.
  ///
  /// - Parameter body: Reads the bytes.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws.
  @inlinable
  public func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try withUnsafeBytes { (buffer) throws(Failure) -> Result in try body(buffer.bytes) }
  }

  /// Lends the bytes at their address, which is the same every time and stays valid as long as a reference does: who
  /// retains the object may use the address outside of the closure too.
  ///
  /// - Parameter body: Reads the bytes. The address is never nil, even when there are none.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws.
  @inlinable
  public func withUnsafeBytes<Result: ~Copyable, Failure: Error>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    defer { extendLifetime(self) }
    return try body(UnsafeRawBufferPointer(start: memory.baseAddress, count: count))
  }

  /// Memory from `malloc`, a byte at least; the process ends when there is none, as it does for an array.
  private static func allocate(_ capacity: Int) -> UnsafeMutableRawBufferPointer {
    let start = malloc(max(1, capacity))
    precondition(start != nil, "no memory for \(capacity) bytes")
    return UnsafeMutableRawBufferPointer(start: start, count: max(1, capacity))
  }

  private static func takeMemory(
    of retired: inout PackedBytes?,
    capacity: Int
  ) -> UnsafeMutableRawBufferPointer? {
    guard isKnownUniquelyReferenced(&retired), let last = retired else { return nil }
    guard last.memory.count >= capacity, last.memory.count / 2 <= capacity else { return nil }
    defer { retired = nil }
    last.isGivenAway = true
    return last.memory
  }
}

extension PackedBytes: Equatable {
  /// Whether the bytes are the same.
  public static func == (left: PackedBytes, right: PackedBytes) -> Bool {
    left === right || left.withBytes { left in right.withBytes { left.hasSameBytes(as: $0) } }
  }
}
