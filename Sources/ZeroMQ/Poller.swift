internal import CZeroMQ

/// Waits for several sockets at once, on the thread that owns them all.
///
/// Made once and used for every turn of a loop: a wait allocates nothing. It keeps the sockets it watches open, even when
/// their own values are gone.
public struct Poller: ~Copyable {
  private var items: [zmq_pollitem_t] = []
  private var handles: [SocketHandle] = []

  /// A poller that watches nothing.
  public init() {}

  /// Watches a socket.
  ///
  /// - Parameters:
  ///   - socket: The socket, of this thread.
  ///   - interest: What to wait for.
  /// - Returns: The index by which to ask for this socket: 0 for the first, and so on.
  @discardableResult
  public mutating func add(_ socket: borrowing Socket, for interest: PollEvents = .readable) -> Int {
    items.append(zmq_pollitem_t(socket: socket.handle.pointer, fd: 0, events: interest.rawValue, revents: 0))
    handles.append(socket.handle)
    return items.count - 1
  }

  /// Changes what to wait for at a socket; nothing is allowed, and keeps its index.
  public mutating func setInterest(_ interest: PollEvents, at index: Int) {
    items[index].events = interest.rawValue
  }

  /// Lets go of all sockets.
  public mutating func removeAll() {
    items.removeAll(keepingCapacity: true)
    handles.removeAll(keepingCapacity: true)
  }

  /// What the last ``wait(timeout:)`` found at the socket with this index.
  public subscript(index: Int) -> PollEvents { PollEvents(rawValue: items[index].revents) }

  /// Waits until one of the events comes, or the time is over. A signal does not end the wait.
  ///
  /// - Parameter timeout: How long to wait, rounded up to milliseconds; zero only looks, nil is without end.
  /// - Returns: How many sockets have an event, 0 when the time was over.
  /// - Throws: `contextTerminated` after ``Context/shutdown()``, `invalidArgument` for a wait without end for nothing.
  @discardableResult
  public mutating func wait(timeout: Duration?) throws(ZeroMQError) -> Int {
    guard timeout != nil || !items.isEmpty else {
      throw ZeroMQError(.invalidArgument, operation: "poll", reason: "no sockets and no timeout: it would never end")
    }
    let deadline = timeout.map { ContinuousClock.now + max($0, .zero) }
    var remaining = timeout
    while true {
      let milliseconds = remaining.map { Int(max($0, .zero).wholeMilliseconds) } ?? -1
      let found = items.withUnsafeMutableBufferPointer { zmq_poll($0.baseAddress, Int32($0.count), milliseconds) }
      guard found < 0 else { return Int(found) }
      try ZeroMQError.checkInterrupted("poll \(items.count) sockets")
      remaining = deadline.map { $0 - .now }
    }
  }
}
