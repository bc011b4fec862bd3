internal import CMessagePack

/// Reads messages, one after the other, in memory that it keeps.
///
/// Reading a small message allocates nothing: the objects go into a zone of 8 KiB that lasts as long as the unpacker.
/// A larger message takes more, at most 48 times its own bytes, and gives it back before ``unpack(_:failure:_:)``
/// returns.
///
///     var unpacker = Unpacker()
///     let name = try unpacker.unpack(bytes) { (root) throws(MessagePackError) in try root.string(at: "name") }
public struct Unpacker: ~Copyable {
  /// What a message may have.
  public let limits: Limits

  private var zone: UnsafeMutablePointer<msgpack_zone>?
  private let root = UnsafeMutablePointer<msgpack_object>.allocate(capacity: 1)

  /// Makes an unpacker; its memory comes with the first message.
  ///
  /// - Parameter limits: What a message may have.
  public init(limits: Limits = .request) {
    self.limits = limits
  }

  deinit {
    if let zone { msgpack_zone_free(zone) }
    root.deallocate()
  }

  /// Checks a message, reads it and hands over its object.
  ///
  /// - Parameters:
  ///   - bytes: The message. It is not copied.
  ///   - failure: Makes the caller's error of what is wrong with the message.
  ///   - body: Reads the object, which is valid only until `body` returns.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws, or what `failure` makes of an error of ``Limits/check(_:)`` or of `outOfMemory`.
  @inlinable
  public mutating func unpack<Result: ~Copyable, Failure: Error>(
    _ bytes: RawSpan,
    failure: (MessagePackError) -> Failure,
    _ body: (Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let root: Value
    do throws(MessagePackError) {
      root = try open(bytes)
    } catch {
      throw failure(error)
    }
    defer { close() }
    return try body(root)
  }

  /// Checks a message, reads it and hands over its object.
  ///
  /// - Parameters:
  ///   - bytes: The message. It is not copied.
  ///   - body: Reads the object, which is valid only until `body` returns.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws, an error of ``Limits/check(_:)``, or `outOfMemory`.
  @inlinable
  public mutating func unpack<Result: ~Copyable>(
    _ bytes: RawSpan,
    _ body: (Value) throws(MessagePackError) -> Result
  ) throws(MessagePackError) -> Result {
    try unpack(bytes, failure: { $0 }, body)
  }

  /// Reads a message into the zone. Apart from `unpack`, which is generic, so that only that is compiled for each caller.
  ///
  /// The value points into the bytes, so it must be done with before whoever lends them takes them back.
  @usableFromInline
  mutating func open(_ bytes: RawSpan) throws(MessagePackError) -> Value {
    try limits.check(bytes)
    let zone = try readyZone()
    let status = bytes.withUnsafeBytes { buffer in
      msgpack_unpack(buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count, nil, zone, root)
    }
    guard status == MSGPACK_UNPACK_SUCCESS else {
      // Nothing else is left that can go wrong after the check.
      close()
      throw MessagePackError(.outOfMemory, "no memory for the objects of the message")
    }
    return Value(root)
  }

  /// Empties the zone: after a message and not before the next, so that an idle unpacker holds on to nothing.
  @usableFromInline
  mutating func close() {
    if let zone { msgpack_zone_clear(zone) }
  }

  private mutating func readyZone() throws(MessagePackError) -> UnsafeMutablePointer<msgpack_zone> {
    if let zone { return zone }
    guard let made = msgpack_zone_new(Int(MSGPACK_ZONE_CHUNK_SIZE)) else {
      throw MessagePackError(.outOfMemory, "no memory for the objects of a message")
    }
    zone = made
    return made
  }
}
