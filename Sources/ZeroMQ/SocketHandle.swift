internal import CZeroMQ

/// Owns libzmq's socket for a ``Socket`` and for each ``Poller`` that watches it, so that none of them can be left with a
/// freed one. Not Sendable, as libzmq's sockets are not.
final class SocketHandle {
  let pointer: UnsafeMutableRawPointer
  let type: SocketType
  /// Whether libzmq's I/O thread sends events to a ``Monitor``.
  var isMonitored = false

  // Held until after zmq_close: zmq_ctx_term, in the context's deinit, waits for every open socket.
  private let context: Context

  init(_ type: SocketType, in context: Context) throws(ZeroMQError) {
    guard let pointer = zmq_socket(context.pointer, type.rawValue) else {
      throw ZeroMQError(operation: "open a \(type) socket")
    }
    self.pointer = pointer
    self.type = type
    self.context = context
  }

  deinit {
    // libzmq goes on sending events while it closes the socket, and would block its I/O thread for ever where the monitor
    // goes meanwhile.
    if isMonitored { zmq_socket_monitor(pointer, nil, 0) }
    zmq_close(pointer)
  }

  /// Another socket of the same context.
  func sibling(_ type: SocketType) throws(ZeroMQError) -> sending SocketHandle {
    try SocketHandle(type, in: context)
  }
}
