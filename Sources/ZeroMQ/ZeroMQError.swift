internal import CZeroMQ

/// What libzmq refused to do, and why.
///
/// Two errors are equal when their ``code`` is: compare with `error.code == .addressInUse`. The description reads
/// `cannot bind tcp://127.0.0.1:5555: Address already in use`.
public struct ZeroMQError: Error, Equatable, CustomStringConvertible {
  /// The kind of failure, for a program to act on.
  public let code: Code

  /// What was tried, with its value, as the end of a sentence that begins with "cannot": `bind tcp://127.0.0.1:5555`.
  public let operation: String

  /// Why it failed, for a person to read: libzmq's own text (`zmq_strerror`) where it has a helpful one.
  public let reason: String

  package init(_ code: Code, operation: String, reason: String) {
    self.code = code
    self.operation = operation
    self.reason = reason
  }

  /// Takes over the error of the C call that failed on this thread just before.
  init(operation: String) {
    self.init(errno: zmq_errno(), operation: operation)
  }

  init(errno: Int32, operation: String) {
    let code = Code(errno: errno)
    let text = zmq_strerror(errno).map { String(cString: $0) }
    // EAGAIN's text, "Resource temporarily unavailable", sends the reader looking for a resource.
    let reason = code == .timedOut ? "Timed out" : text ?? "error \(errno)"
    self.init(code, operation: operation, reason: reason)
  }

  /// `cannot`, the operation, a colon and the reason.
  public var description: String { "cannot \(operation): \(reason)" }

  /// Compares the codes alone, so that a test need not know libzmq's wording.
  public static func == (left: ZeroMQError, right: ZeroMQError) -> Bool { left.code == right.code }

  /// Throws what the last C call left in `errno` when `result` says that it failed.
  static func check(_ result: Int32, _ operation: @autoclosure () -> String) throws(ZeroMQError) {
    guard result < 0 else { return }
    // Read before the operation's text is built: building it allocates.
    let errno = zmq_errno()
    throw ZeroMQError(errno: errno, operation: operation())
  }

  /// Returns when a signal broke the C call off, which is a reason to call it again, and throws otherwise.
  static func checkInterrupted(_ operation: @autoclosure () -> String) throws(ZeroMQError) {
    let errno = zmq_errno()
    guard errno != EINTR else { return }
    throw ZeroMQError(errno: errno, operation: operation())
  }
}
