internal import CZeroMQ

extension Socket {
  /// Waits for the next part of a message.
  ///
  /// A signal does not end the wait, and starts ``SocketOption/receiveTimeout`` anew.
  ///
  /// - Throws: `timedOut` after ``SocketOption/receiveTimeout``, `contextTerminated` after ``Context/shutdown()``,
  ///   `invalidState` when it is the turn of a REQ or REP socket to send, `notSupported` on a socket that only sends.
  public func receive() throws(ZeroMQError) -> Message {
    var message = Message()
    try receive(into: &message)
    return message
  }

  /// Waits for the next part of a message and puts it in place of an old one, whose bytes are freed.
  ///
  /// Allocates nothing itself; this is the form for a loop.
  ///
  /// - Throws: As ``receive()``; the message is then empty or the old one.
  public func receive(into message: inout Message) throws(ZeroMQError) {
    while zmq_msg_recv(&message.storage, handle.pointer, 0) < 0 {
      try ZeroMQError.checkInterrupted("receive")
    }
  }

  /// Takes the next part of a message if there is one now.
  ///
  /// - Returns: The part, or nil when none is waiting.
  /// - Throws: As ``receive()``, without `timedOut`.
  public func receiveIfReady() throws(ZeroMQError) -> Message? {
    var message = Message()
    guard try receiveIfReady(into: &message) else { return nil }
    return message
  }

  /// Takes the next part of a message if there is one now, in place of an old one.
  ///
  /// - Returns: Whether there was one.
  /// - Throws: As ``receive()``, without `timedOut`.
  public func receiveIfReady(into message: inout Message) throws(ZeroMQError) -> Bool {
    try handle.receive(into: &message.storage, flags: ZMQ_DONTWAIT)
  }

  /// Whether the part received last has others behind it; `ZMQ_RCVMORE`.
  ///
  /// - Throws: `contextTerminated` after ``Context/shutdown()``.
  public var hasMoreParts: Bool {
    get throws(ZeroMQError) { try handle.integer(ZMQ_RCVMORE, as: Int32.self, "look for more parts") != 0 }
  }

  /// Drops what is left of the message whose parts are being received, one part in memory at a time.
  ///
  /// A REP socket must receive every part before it may send. Does not wait: libzmq hands over whole messages only.
  ///
  /// - Returns: The number of parts dropped, 0 when the last part had been received.
  /// - Throws: `contextTerminated` after ``Context/shutdown()``.
  @discardableResult
  public func discardRemainingParts() throws(ZeroMQError) -> Int {
    var dropped = 0
    guard try hasMoreParts else { return dropped }
    var message = Message()
    repeat {
      try receive(into: &message)
      dropped += 1
    } while message.hasMore
    return dropped
  }
}

extension SocketHandle {
  /// Receives one part; false when `flags` say not to wait and none is there.
  func receive(into storage: inout zmq_msg_t, flags: Int32) throws(ZeroMQError) -> Bool {
    while zmq_msg_recv(&storage, pointer, flags) < 0 {
      if flags & ZMQ_DONTWAIT != 0, zmq_errno() == EAGAIN { return false }
      try ZeroMQError.checkInterrupted("receive")
    }
    return true
  }
}
