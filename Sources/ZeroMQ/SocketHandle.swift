internal import CZeroMQ

/// Owns libzmq's socket for a ``Socket`` and for each ``Poller`` that watches it, so that none of them can be left with a
/// freed one. Not Sendable, as libzmq's sockets are not.
final class SocketHandle {
  let pointer: UnsafeMutableRawPointer
  let type: SocketType

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
    zmq_close(pointer)
  }

  /// Another socket of the same context.
  func sibling(_ type: SocketType) throws(ZeroMQError) -> sending SocketHandle {
    try SocketHandle(type, in: context)
  }
}
