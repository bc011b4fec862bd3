internal import CZeroMQ

/// Owns libzmq's socket for a ``Socket`` and for each ``Poller`` that watches it, so that none of them can be left with a
/// freed one. Not Sendable, as libzmq's sockets are not.
final class SocketHandle {
  let pointer: UnsafeMutableRawPointer
  let type: SocketType
  /// Where libzmq's I/O thread sends events to, if there is a ``Monitor``.
  var monitor: MonitorEnd?

  // Held until after zmq_close: zmq_ctx_term, in the context's deinit, waits for every open socket.
  private let context: Context

  /// What to do right before the socket closes.
  var beforeClosing: [() -> Void] = []

  init(_ type: SocketType, in context: Context) throws(ZeroMQError) {
    guard let pointer = zmq_socket(context.pointer, type.rawValue) else {
      throw ZeroMQError(operation: "open a \(type) socket")
    }
    self.pointer = pointer
    self.type = type
    self.context = context
  }

  deinit {
    for action in beforeClosing { action() }
    // Otherwise libzmq goes on sending events while it closes the socket.
    if monitor != nil { zmq_socket_monitor(pointer, nil, 0) }
    zmq_close(pointer)
  }

  /// Another socket of the same context.
  func sibling(_ type: SocketType) throws(ZeroMQError) -> sending SocketHandle {
    try SocketHandle(type, in: context)
  }
}

/// Keeps the receiving end of a monitor open for as long as the socket that is monitored is open.
///
/// Were nobody there to take an event, libzmq's I/O thread would wait for ever, and with it every socket of the context.
struct MonitorEnd: @unchecked Sendable {
  // Kept and let go, which any thread may do, and not used.
  private let handle: SocketHandle

  init(_ handle: SocketHandle) {
    self.handle = handle
  }
}
