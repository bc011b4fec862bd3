internal import CMessagePack

/// Reads messages, one after the other, in memory that it keeps.
///
/// Reading a small message allocates nothing: the objects go into a zone of 8 KiB that lasts as long as the unpacker.
/// A larger message takes more, at most 24 times its own bytes, and gives it back before ``unpack(_:failure:_:)``
/// returns.
///
///     var unpacker = Unpacker()
///     let name = try unpacker.unpack(bytes) { (root) throws(MessagePackError) in try root.string(at: "name") }
public struct Unpacker: ~Copyable {
  /// What a message may have.
  public let limits: Limits

  private var zone: UnsafeMutablePointer<msgpack_zone>?

  /// Makes an unpacker; its memory comes with the first message.
  ///
  /// - Parameter limits: What a message may have.
  public init(limits: Limits = .request) {
    self.limits = limits
  }

  deinit {
    if let zone { msgpack_zone_free(zone) }
  }

  /// Checks a message, reads it and hands over its object.
  ///
  /// - Parameters:
  ///   - bytes: The message. It is not copied.
  ///   - failure: Makes the caller's error of what is wrong with the message.
  ///   - body: Reads the object, which is valid only until `body` returns.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws, or what `failure` makes of an error of ``Limits/check(_:)`` or of `outOfMemory`.
  public mutating func unpack<Result: ~Copyable, Failure: Error>(
    _ bytes: RawSpan,
    failure: (MessagePackError) -> Failure,
    _ body: (Value) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let zone: UnsafeMutablePointer<msgpack_zone>
    do throws(MessagePackError) {
      try limits.check(bytes)
      zone = try readyZone()
    } catch {
      throw failure(error)
    }
    // After and not before, so that an idle unpacker holds on to nothing of its last message.
    defer { msgpack_zone_clear(zone) }
    return try bytes.withUnsafeBytes { (buffer) throws(Failure) -> Result in
      var root = msgpack_object()
      let start = buffer.baseAddress?.assumingMemoryBound(to: CChar.self)
      guard msgpack_unpack(start, buffer.count, nil, zone, &root) == MSGPACK_UNPACK_SUCCESS else {
        // Nothing else is left that can go wrong after the check.
        throw failure(.outOfMemory)
      }
      return try withUnsafePointer(to: &root) { (root) throws(Failure) -> Result in try body(Value(root)) }
    }
  }

  /// Checks a message, reads it and hands over its object.
  ///
  /// - Parameters:
  ///   - bytes: The message. It is not copied.
  ///   - body: Reads the object, which is valid only until `body` returns.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws, an error of ``Limits/check(_:)``, or `outOfMemory`.
  public mutating func unpack<Result: ~Copyable>(
    _ bytes: RawSpan,
    _ body: (Value) throws(MessagePackError) -> Result
  ) throws(MessagePackError) -> Result {
    try unpack(bytes, failure: { $0 }, body)
  }

  private mutating func readyZone() throws(MessagePackError) -> UnsafeMutablePointer<msgpack_zone> {
    if let zone { return zone }
    guard let made = msgpack_zone_new(Int(MSGPACK_ZONE_CHUNK_SIZE)) else { throw .outOfMemory }
    zone = made
    return made
  }
}

extension MessagePackError {
  fileprivate static var outOfMemory: MessagePackError {
    MessagePackError(.outOfMemory, "no memory for the objects of the message")
  }
}
