internal import CZeroMQ

/// The I/O threads and the `inproc://` names that a group of sockets shares; one a process is usual.
///
/// A context may be used from any thread; each ``Socket`` keeps its context alive. The last one to let go of the context
/// waits in `deinit` until every message still to be sent has left or its socket's ``SocketOption/linger`` has passed.
/// libzmq's own linger is without end: a process that must stop sets one on each socket.
public final class Context: Sendable {
  // Sendable by zmq_ctx_new(3): "A 0MQ context is thread safe".
  nonisolated(unsafe) let pointer: UnsafeMutableRawPointer

  /// Makes a context; its threads start with the first socket.
  ///
  /// - Parameters:
  ///   - ioThreads: How many threads move bytes; `ZMQ_IO_THREADS`. libzmq's guide asks for one per gigabyte a second; a
  ///     second one keeps small replies quick beside big ones. None is enough when every endpoint is `inproc://`.
  ///   - maxSockets: How many sockets may be open at once; `ZMQ_MAX_SOCKETS`.
  /// - Throws: `invalidArgument` for a number out of range, `tooManySockets` when file descriptors have run out.
  public init(ioThreads: Int = 1, maxSockets: Int = 1023) throws(ZeroMQError) {
    guard let pointer = zmq_ctx_new() else { throw ZeroMQError(operation: "make a context") }
    self.pointer = pointer
    // The deinit below runs too when one of these throws.
    try set(ZMQ_IO_THREADS, to: ioThreads, name: "I/O threads")
    try set(ZMQ_MAX_SOCKETS, to: maxSockets, name: "sockets")
  }

  deinit {
    while zmq_ctx_term(pointer) < 0, zmq_errno() == EINTR {}
  }

  /// Makes every blocking call on a socket of this context, now and later, throw `contextTerminated`.
  ///
  /// From any thread. It returns at once; the threads then close their sockets and leave. It cannot be undone.
  public func shutdown() {
    zmq_ctx_shutdown(pointer)
  }

  private func set(_ option: Int32, to value: Int, name: String) throws(ZeroMQError) {
    let operation = "make a context with \(value) \(name)"
    guard let value = Int32(exactly: value) else { throw ZeroMQError(errno: EINVAL, operation: operation) }
    try ZeroMQError.check(zmq_ctx_set(pointer, option, value), operation)
  }
}
