internal import CZeroMQ

extension Socket {
  /// Sends some frames of a message if a queue has room now, without copying them.
  ///
  /// - Parameters:
  ///   - message: The message, whose frames sent are empty afterwards. Unchanged when nothing was sent.
  ///   - frames: Which frames, from the first on.
  ///   - more: Whether other parts follow.
  /// - Returns: Whether they were sent.
  /// - Throws: As ``send(_:more:)``, without `timedOut`.
  public func sendIfReady(
    _ message: inout MultipartMessage, frames: Range<Int>, more: Bool
  ) throws(ZeroMQError) -> Bool {
    for index in frames {
      let isFollowed = more || index < frames.upperBound - 1
      let flags = (isFollowed ? ZMQ_SNDMORE : 0) | ZMQ_DONTWAIT
      guard try handle.send(&message.frames[index], flags: flags) else { return false }
    }
    return true
  }
}

extension MultipartMessage {
  /// A second message part with the bytes of a frame, which are shared when they are too many for the value itself.
  ///
  /// - Parameter index: Which frame, from 0; below ``count``.
  /// - Returns: The part.
  /// - Throws: `other(ENOMEM)` when there is no memory.
  public mutating func duplicateFrame(_ index: Int) throws(ZeroMQError) -> Message {
    Message(storage: try frames[index].duplicate())
  }

  /// Takes a frame out and leaves an empty one in its place.
  ///
  /// - Parameter index: Which frame, from 0; below ``count``.
  /// - Returns: The frame.
  public mutating func takeFrame(_ index: Int) -> Message {
    var empty = zmq_msg_t()
    zmq_msg_init(&empty)
    swap(&frames[index], &empty)
    return Message(storage: empty)
  }
  /// Frees a frame and puts another one in its place.
  ///
  /// - Parameters:
  ///   - index: Which frame, from 0; below ``count``.
  ///   - frame: What comes there.
  public mutating func replaceFrame(_ index: Int, by frame: consuming Message) {
    zmq_msg_close(&frames[index])
    frames[index] = frame.release()
  }
}
