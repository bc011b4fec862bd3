internal import CZeroMQ

/// Passes messages both ways between two sockets, inside libzmq; see zmq_proxy_steerable(3).
public enum Proxy {
  /// What to send, from another thread, to the peer of the control socket.
  public enum Command: Sendable, Hashable, CaseIterable {
    /// Leave messages waiting where they are.
    case pause
    /// Go on after ``pause``.
    case resume
    /// Make ``Proxy/run(frontend:backend:control:)`` return.
    case terminate

    var bytes: [UInt8] {
      switch self {
      case .pause: Array("PAUSE".utf8)
      case .resume: Array("RESUME".utf8)
      case .terminate: Array("TERMINATE".utf8)
      }
    }
  }

  /// Passes messages on until it is told to terminate.
  ///
  /// A plain proxy deals requests out in turn, also to a worker that is busy or hangs, and loses those of one that dies.
  /// A signal makes a paused proxy go on.
  ///
  /// - Parameters:
  ///   - frontend: Towards the clients: ROUTER, PULL or XSUB.
  ///   - backend: Towards the workers: DEALER, PUSH or XPUB.
  ///   - control: A PAIR, whose peer sends a ``Command`` by ``Socket/send(_:)-(Proxy.Command)``.
  /// - Throws: `contextTerminated` after ``Context/shutdown()``.
  public static func run(
    frontend: borrowing Socket, backend: borrowing Socket, control: borrowing Socket
  ) throws(ZeroMQError) {
    let (front, back, control) = (frontend.handle.pointer, backend.handle.pointer, control.handle.pointer)
    while zmq_proxy_steerable(front, back, nil, control) != 0 {
      try ZeroMQError.checkInterrupted("run a proxy")
    }
  }
}

extension Socket {
  /// Sends a command to the proxy at the other end of this socket.
  ///
  /// - Throws: As ``send(_:more:)``.
  public func send(_ command: Proxy.Command) throws(ZeroMQError) {
    try send(command.bytes)
  }
}
