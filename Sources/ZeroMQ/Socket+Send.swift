internal import CZeroMQ

extension Socket {
  /// Sends a message or one part of it, waiting while every peer's queue is full.
  ///
  /// libzmq takes the bytes over without copying them and sends them in the background. A message that could not be sent
  /// is freed; ``sendIfReady(_:more:)`` keeps it.
  ///
  /// - Parameters:
  ///   - message: The part to send.
  ///   - more: Whether another part follows. The parts leave together, after the last.
  /// - Throws: `timedOut` after ``SocketOption/sendTimeout``, `contextTerminated` after ``Context/shutdown()``,
  ///   `invalidState` when it is the turn of a REQ or REP socket to receive, `hostUnreachable` from a ROUTER with
  ///   ``SocketOption/routerMandatory``, `notSupported` on a socket that only receives.
  public func send(_ message: consuming Message, more: Bool = false) throws(ZeroMQError) {
    _ = try handle.send(&message.storage, flags: more ? ZMQ_SNDMORE : 0)
  }

  /// Sends a message or one part of it if a queue has room now.
  ///
  /// - Parameters:
  ///   - message: The part to send; empty afterwards, or unchanged when it was not sent or an error is thrown.
  ///   - more: Whether another part follows.
  /// - Returns: Whether it was sent.
  /// - Throws: As ``send(_:more:)``, without `timedOut`.
  public func sendIfReady(_ message: inout Message, more: Bool = false) throws(ZeroMQError) -> Bool {
    try handle.send(&message.storage, flags: (more ? ZMQ_SNDMORE : 0) | ZMQ_DONTWAIT)
  }

  /// Sends a copy of some bytes as a message or one part of it.
  ///
  /// - Throws: As ``send(_:more:)``.
  public func send(copying bytes: RawSpan, more: Bool = false) throws(ZeroMQError) {
    try bytes.withUnsafeBytes { (buffer) throws(ZeroMQError) in
      while zmq_send(handle.pointer, buffer.baseAddress, buffer.count, more ? ZMQ_SNDMORE : 0) < 0 {
        try ZeroMQError.checkInterrupted("send")
      }
    }
  }

  /// Sends a copy of some bytes as a message or one part of it.
  ///
  /// - Throws: As ``send(_:more:)``.
  public func send(_ bytes: [UInt8], more: Bool = false) throws(ZeroMQError) {
    try send(copying: bytes.span.bytes, more: more)
  }
}

extension SocketHandle {
  /// Sends one part; false when `flags` say not to wait and no queue has room. Failing leaves the part as it was.
  func send(_ storage: inout zmq_msg_t, flags: Int32) throws(ZeroMQError) -> Bool {
    while zmq_msg_send(&storage, pointer, flags) < 0 {
      if flags & ZMQ_DONTWAIT != 0, zmq_errno() == EAGAIN { return false }
      try ZeroMQError.checkInterrupted("send")
    }
    return true
  }
}
