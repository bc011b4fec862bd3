internal import CMessagePack

/// Writes MessagePack into memory that grows, each object in its shortest form.
///
/// Nothing here counts: after `packMapHeader(2)` come two keys and two values, and it is the writer who sees to that.
/// As everywhere in Swift, the process ends when there is no memory to grow into.
///
///     var packer = Packer()
///     packer.packMapHeader(1)
///     packer.packKey("size")
///     packer.pack(UInt64(475))
///     let reply = packer.finish()
public struct Packer: ~Copyable {
  private var buffer = msgpack_sbuffer()

  /// Makes an empty packer.
  ///
  /// - Parameter capacity: How many bytes to have room for from the start; with 0, 8 KiB when the first are written.
  public init(capacity: Int = 0) {
    guard capacity > 0, let data = malloc(capacity) else { return }
    buffer.data = data.assumingMemoryBound(to: CChar.self)
    buffer.alloc = capacity
  }

  deinit {
    free(buffer.data)
  }

  /// How many bytes have been written.
  public var count: Int { buffer.size }

  /// Begins a map of so many pairs: key, value, key, value.
  ///
  /// - Precondition: `pairs` is not negative and below 2³².
  public mutating func packMapHeader(_ pairs: Int) {
    ensure(cmessagepack_map(&buffer, Int(UInt32(pairs))))
  }

  /// Begins an array of so many elements.
  ///
  /// - Precondition: `elements` is not negative and below 2³².
  public mutating func packArrayHeader(_ elements: Int) {
    ensure(cmessagepack_array(&buffer, Int(UInt32(elements))))
  }

  /// Writes nil.
  public mutating func packNil() {
    ensure(cmessagepack_nil(&buffer))
  }

  /// Writes true or false.
  public mutating func pack(_ value: Bool) {
    ensure(cmessagepack_bool(&buffer, value))
  }

  /// Writes an integer in one to nine bytes.
  public mutating func pack(_ value: UInt64) {
    ensure(cmessagepack_uint64(&buffer, value))
  }

  /// Writes an integer in one to nine bytes; one that is not negative as an unsigned one.
  public mutating func pack(_ value: Int64) {
    ensure(cmessagepack_int64(&buffer, value))
  }

  /// Writes an integer in one to nine bytes; one that is not negative as an unsigned one.
  public mutating func pack(_ value: Int) {
    pack(Int64(value))
  }

  /// Writes a floating-point number in nine bytes.
  public mutating func pack(_ value: Double) {
    ensure(cmessagepack_double(&buffer, value))
  }

  /// Writes text.
  ///
  /// - Precondition: It has fewer than 2³² bytes.
  public mutating func pack(_ text: String) {
    let span = text.utf8.span
    let status = span.withUnsafeBufferPointer { cmessagepack_str(&buffer, $0.baseAddress, Int(UInt32($0.count))) }
    ensure(status)
  }

  /// Writes text that is known to the compiler: the key of a map. Spares the way through `String`.
  public mutating func packKey(_ text: StaticString) {
    let status = text.withUTF8Buffer { cmessagepack_str(&buffer, $0.baseAddress, $0.count) }
    ensure(status)
  }

  /// Writes bytes as a binary.
  ///
  /// - Precondition: There are fewer than 2³² of them.
  public mutating func pack(binary bytes: RawSpan) {
    let status = bytes.withUnsafeBytes { cmessagepack_bin(&buffer, $0.baseAddress, Int(UInt32($0.count))) }
    ensure(status)
  }

  /// Writes objects that are MessagePack already, as they are.
  public mutating func append(encoded bytes: RawSpan) {
    let status = bytes.withUnsafeBytes { msgpack_sbuffer_write(&buffer, $0.baseAddress, $0.count) }
    ensure(status)
  }

  /// Makes room for so many bytes more, so that the memory need not grow for them step by step.
  public mutating func reserve(_ byteCount: Int) {
    guard buffer.alloc - buffer.size < byteCount else { return }
    let data = realloc(buffer.data, buffer.size + byteCount)
    precondition(data != nil, "no memory for \(byteCount) bytes more")
    buffer.data = data?.assumingMemoryBound(to: CChar.self)
    buffer.alloc = buffer.size + byteCount
  }

  /// Lends what has been written.
  ///
  /// - Parameter body: Reads the bytes.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws.
  @inlinable
  public func withBytes<Result, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(written.bytes)
  }

  /// Forgets what has been written.
  ///
  /// - Parameter keepingCapacity: Whether to keep the memory for what comes next.
  public mutating func removeAll(keepingCapacity: Bool = true) {
    if keepingCapacity {
      msgpack_sbuffer_clear(&buffer)
    } else {
      free(msgpack_sbuffer_release(&buffer))
    }
  }

  /// Hands over what has been written, without copying it; memory beyond it is given back.
  public consuming func finish() -> PackedBytes {
    let count = buffer.size
    // When it cannot be made smaller it stays as it is.
    let start = realloc(buffer.data, max(1, count)) ?? UnsafeMutableRawPointer(buffer.data)
    discard self
    return PackedBytes(adopting: UnsafeMutableRawBufferPointer(start: start, count: max(1, count)), count: count)
  }

  @usableFromInline
  var written: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: buffer.data, count: buffer.size) }

  @inline(__always)
  private func ensure(_ status: CInt) {
    precondition(status == 0, "no memory for a message of more than \(buffer.size) bytes")
  }
}
