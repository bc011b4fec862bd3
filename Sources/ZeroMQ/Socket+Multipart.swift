internal import CZeroMQ

extension Socket {
  /// Waits for a whole message.
  ///
  /// - Parameters:
  ///   - maxParts: The most frames to keep.
  ///   - maxBytes: The most bytes to keep, in all frames together. ``SocketOption/maxMessageSize`` bounds one frame on the
  ///     wire; neither it nor this bounds what libzmq gathers of a message before it hands it over.
  /// - Returns: The message, with at least one frame.
  /// - Throws: `messageTooLarge` beyond a limit; the rest of the message is dropped and the socket can go on. Otherwise as
  ///   ``receive()``.
  public func receiveMultipart(maxParts: Int, maxBytes: Int) throws(ZeroMQError) -> MultipartMessage {
    var message = MultipartMessage()
    try receive(into: &message, maxParts: maxParts, maxBytes: maxBytes)
    return message
  }

  /// Waits for a whole message and puts it in place of an old one, whose room for frames it uses.
  ///
  /// - Parameters:
  ///   - message: Where the message goes. Beyond a limit it has the frames that fit, an envelope to answer to for instance.
  ///   - maxParts: The most frames to keep.
  ///   - maxBytes: The most bytes to keep, in all frames together.
  /// - Throws: As ``receiveMultipart(maxParts:maxBytes:)``.
  public func receive(into message: inout MultipartMessage, maxParts: Int, maxBytes: Int) throws(ZeroMQError) {
    _ = try receive(into: &message, maxParts: maxParts, maxBytes: maxBytes, flags: 0)
  }

  /// Takes a whole message if there is one now, in place of an old one.
  ///
  /// - Parameters:
  ///   - message: Where the message goes; empty when there is none.
  ///   - maxParts: The most frames to keep.
  ///   - maxBytes: The most bytes to keep, in all frames together.
  /// - Returns: Whether there was one.
  /// - Throws: As ``receiveMultipart(maxParts:maxBytes:)``, without `timedOut`.
  public func receiveIfReady(
    into message: inout MultipartMessage, maxParts: Int, maxBytes: Int
  ) throws(ZeroMQError) -> Bool {
    try receive(into: &message, maxParts: maxParts, maxBytes: maxBytes, flags: ZMQ_DONTWAIT)
  }

  /// Sends all frames of a message, waiting while every peer's queue is full. Nothing is sent of an empty one.
  ///
  /// - Throws: As ``send(_:more:)``; the message is then freed.
  public func send(_ message: consuming MultipartMessage) throws(ZeroMQError) {
    _ = try send(&message, flags: 0)
  }

  /// Sends all frames of a message if a queue has room now.
  ///
  /// - Parameter message: The message; empty afterwards, or unchanged when it was not sent or an error is thrown.
  /// - Returns: Whether it was sent.
  /// - Throws: As ``send(_:more:)``, without `timedOut`.
  public func sendIfReady(_ message: inout MultipartMessage) throws(ZeroMQError) -> Bool {
    try send(&message, flags: ZMQ_DONTWAIT)
  }

  private func receive(
    into message: inout MultipartMessage, maxParts: Int, maxBytes: Int, flags: Int32
  ) throws(ZeroMQError) -> Bool {
    message.removeAll()
    var bytes = 0
    while true {
      var frame = zmq_msg_t()
      zmq_msg_init(&frame)
      // Only the first part can be waited for: the others are there when it is.
      guard try handle.receive(into: &frame, flags: message.isEmpty ? flags : 0) else { return false }
      bytes += zmq_msg_size(&frame)
      guard message.count < maxParts, bytes <= maxBytes else {
        zmq_msg_close(&frame)
        let parts = message.count + 1 + (try discardRemainingParts())
        let reason = "it has \(parts) parts; the limit is \(maxParts) parts and \(maxBytes) bytes"
        throw ZeroMQError(.messageTooLarge, operation: "receive a multipart message", reason: reason)
      }
      message.frames.append(frame)
      if zmq_msg_more(&frame) == 0 { return true }
    }
  }

  private func send(_ message: inout MultipartMessage, flags: Int32) throws(ZeroMQError) -> Bool {
    let last = message.count - 1
    for index in message.frames.indices {
      let flags = flags | (index < last ? ZMQ_SNDMORE : 0)
      guard try handle.send(&message.frames[index], flags: flags) else { return false }
    }
    message.removeAll()
    return true
  }
}
