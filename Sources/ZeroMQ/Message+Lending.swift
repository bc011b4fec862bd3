internal import CZeroMQ

extension Message {
  /// A message that sends bytes where they are, without copying them.
  ///
  /// - Parameters:
  ///   - bytes: The bytes to send. They must stay where they are, unchanged, for as long as `owner` lives.
  ///   - owner: The object that the bytes belong to. It is kept alive until libzmq has done with them: after the last byte
  ///     is written to the last peer, or after the message was dropped. Its `deinit` may therefore run on one of libzmq's
  ///     I/O threads, and must not block.
  /// - Throws: `other(ENOMEM)`; the owner is then let go.
  public init(
    lending bytes: UnsafeRawBufferPointer, keepingAlive owner: some AnyObject & Sendable
  ) throws(ZeroMQError) {
    let retained = Unmanaged.passRetained(owner as AnyObject)
    var storage = zmq_msg_t()
    // libzmq only reads the bytes; its argument lacks a const.
    let start = UnsafeMutableRawPointer(mutating: bytes.baseAddress)
    let result = zmq_msg_init_data(&storage, start, bytes.count, releaseOwner, retained.toOpaque())
    guard result == 0 else {
      let error = ZeroMQError(operation: "lend \(bytes.count) bytes to a message")
      retained.release()
      throw error
    }
    self.init(storage: storage)
  }
}

/// Called by libzmq, on any thread. `nonisolated` in so many words: a callback that inherits main-actor isolation traps on
/// an I/O thread.
private nonisolated func releaseOwner(_: UnsafeMutableRawPointer?, hint: UnsafeMutableRawPointer?) {
  guard let hint else { return }
  Unmanaged<AnyObject>.fromOpaque(hint).release()
}
