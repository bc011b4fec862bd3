internal import CZeroMQ

extension Socket {
  /// The endpoint bound or connected to last, as libzmq resolved it; empty before the first. `ZMQ_LAST_ENDPOINT`.
  ///
  /// - Throws: `contextTerminated` after ``Context/shutdown()``.
  public var lastEndpoint: String {
    get throws(ZeroMQError) { try handle.string(ZMQ_LAST_ENDPOINT, capacity: 4096, "read the last endpoint") }
  }

  /// Whether a part can be received, and whether one can be sent, without waiting; `ZMQ_EVENTS`.
  ///
  /// - Throws: `contextTerminated` after ``Context/shutdown()``.
  public var events: PollEvents {
    get throws(ZeroMQError) {
      PollEvents(rawValue: Int16(truncatingIfNeeded: try handle.integer(ZMQ_EVENTS, as: Int32.self, "read the events")))
    }
  }

  /// Receives, on a SUB socket, the messages whose first part begins with `prefix`; the empty one means all.
  ///
  /// - Throws: `invalidArgument` on another type of socket.
  public func subscribe(to prefix: [UInt8]) throws(ZeroMQError) {
    try handle.set(ZMQ_SUBSCRIBE, to: prefix, "subscribe to \(prefix.count) bytes")
  }

  /// Takes a subscription back.
  ///
  /// - Throws: `invalidArgument` on another type of socket.
  public func unsubscribe(from prefix: [UInt8]) throws(ZeroMQError) {
    try handle.set(ZMQ_UNSUBSCRIBE, to: prefix, "unsubscribe from \(prefix.count) bytes")
  }
}
