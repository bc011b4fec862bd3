internal import CZeroMQ

/// One part of a message: bytes that libzmq owns, up to 33 of them inside the value itself.
///
/// Freed when the value goes away, unless it was sent. May move between threads.
public struct Message: ~Copyable {
  // Moved bit for bit with the struct: libzmq 4.3.4 keeps no pointer to a zmq_msg_t, short bytes are inside it and longer
  // ones behind a pointer.
  var storage: zmq_msg_t

  /// An empty message, to send or to receive into.
  public init() {
    storage = zmq_msg_t()
    zmq_msg_init(&storage)
  }

  init(storage: zmq_msg_t) {
    self.storage = storage
  }

  /// A message with a copy of some bytes.
  ///
  /// - Throws: `other(ENOMEM)` when there is no memory for them.
  public init(copying bytes: RawSpan) throws(ZeroMQError) {
    var storage = zmq_msg_t()
    try withUnsafeMutablePointer(to: &storage) { (pointer) throws(ZeroMQError) in
      try ZeroMQError.check(zmq_msg_init_size(pointer, bytes.byteCount), "make a message of \(bytes.byteCount) bytes")
      let target = UnsafeMutableRawBufferPointer(start: zmq_msg_data(pointer), count: bytes.byteCount)
      bytes.withUnsafeBytes { target.copyMemory(from: $0) }
    }
    self.storage = storage
  }

  /// A message with a copy of some bytes.
  ///
  /// - Throws: `other(ENOMEM)` when there is no memory for them.
  public init(_ bytes: [UInt8]) throws(ZeroMQError) {
    try self.init(copying: bytes.span.bytes)
  }

  deinit {
    var storage = storage
    zmq_msg_close(&storage)
  }

  /// The number of bytes.
  public var count: Int {
    withUnsafePointer(to: storage) { zmq_msg_size($0) }
  }

  /// Whether another part of the same message was behind this one when it was received.
  public var hasMore: Bool {
    withUnsafePointer(to: storage) { zmq_msg_more($0) != 0 }
  }

  /// Gives the bytes to `body` for as long as it runs.
  public borrowing func withBytes<Result: ~Copyable, Failure: Error>(
    _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try storage.withBytes(body)
  }

  /// A second message with the same bytes, which are shared when they are too many for the value itself.
  ///
  /// - Throws: `other(ENOMEM)` when there is no memory.
  public mutating func duplicate() throws(ZeroMQError) -> Message {
    Message(storage: try storage.duplicate())
  }

  /// Gives up the bytes without freeing them.
  consuming func release() -> zmq_msg_t {
    let storage = storage
    discard self
    return storage
  }
}

// libzmq counts references to the bytes atomically and knows no thread for a message.
extension Message: @unchecked Sendable {}
