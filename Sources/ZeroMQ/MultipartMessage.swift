internal import CZeroMQ

/// All parts of a message, as a broker needs them: envelope frames first, body last.
///
/// Freed when the value goes away, except for the frames that were sent or taken out. May move between threads.
public struct MultipartMessage: ~Copyable {
  var frames: [zmq_msg_t] = []

  /// A message without frames, to append to or to receive into.
  public init() {}

  deinit {
    for var frame in frames { zmq_msg_close(&frame) }
  }

  /// The number of frames.
  public var count: Int { frames.count }

  /// Whether there are no frames.
  public var isEmpty: Bool { frames.isEmpty }

  /// The number of bytes in all frames together.
  public var byteCount: Int { frames.reduce(0) { $0 + withUnsafePointer(to: $1) { zmq_msg_size($0) } } }

  /// Adds a frame behind the others.
  public mutating func append(_ frame: consuming Message) {
    frames.append(frame.release())
  }

  /// Adds a frame with a copy of some bytes behind the others.
  ///
  /// - Throws: `other(ENOMEM)` when there is no memory for them.
  public mutating func append(_ bytes: [UInt8]) throws(ZeroMQError) {
    append(try Message(bytes))
  }

  /// Puts a frame, such as the routing id that a ROUTER is to send to, before the others.
  public mutating func prepend(_ frame: consuming Message) {
    frames.insert(frame.release(), at: 0)
  }

  /// Takes the first frame out.
  ///
  /// - Returns: The frame, or nil when there is none.
  public mutating func popFirst() -> Message? {
    frames.isEmpty ? nil : Message(storage: frames.removeFirst())
  }

  /// Takes the last frame out.
  ///
  /// - Returns: The frame, or nil when there is none.
  public mutating func popLast() -> Message? {
    frames.popLast().map { Message(storage: $0) }
  }

  /// Frees all frames and keeps the room for as many.
  public mutating func removeAll() {
    for index in frames.indices { zmq_msg_close(&frames[index]) }
    frames.removeAll(keepingCapacity: true)
  }

  /// Gives the bytes of a frame to `body` for as long as it runs.
  ///
  /// - Parameters:
  ///   - index: Which frame, from 0; below ``count``, as with an array.
  ///   - body: What reads the bytes.
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws.
  public borrowing func withFrame<Result: ~Copyable, Failure: Error>(
    _ index: Int, _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try frames[index].withBytes(body)
  }

  /// A second message with the same frames, whose bytes are shared; for a request that may have to be sent again.
  ///
  /// - Throws: `other(ENOMEM)` when there is no memory.
  public mutating func duplicate() throws(ZeroMQError) -> MultipartMessage {
    var copy = MultipartMessage()
    copy.frames.reserveCapacity(frames.count)
    for index in frames.indices { copy.frames.append(try frames[index].duplicate()) }
    return copy
  }
}

// As for Message: libzmq knows no thread for a message.
extension MultipartMessage: @unchecked Sendable {}
