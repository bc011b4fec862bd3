internal import CZeroMQ
internal import Synchronization

/// Tells what happens to the connections of a socket, which libzmq keeps to itself otherwise.
///
/// Events wait in memory without limit: read them, or close the socket.
public struct Monitor: ~Copyable {
  /// The PAIR socket that the events come by, to watch with a ``Poller``.
  public let socket: Socket

  /// Takes the next event.
  ///
  /// - Returns: The event; nil when the monitored socket was closed, and nothing comes any more.
  /// - Throws: `timedOut` after the ``SocketOption/receiveTimeout`` of ``socket``, `contextTerminated`.
  public func next() throws(ZeroMQError) -> MonitorEvent? {
    let message = try socket.receiveMultipart(maxParts: 2, maxBytes: 64 * 1024)
    guard message.count == 2 else { return nil }
    let endpoint = message.withFrame(1) { bytes in
      bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    }
    let event = message.withFrame(0) { MonitorEvent($0, endpoint: endpoint) }
    return event?.kind == .unknown(UInt16(ZMQ_EVENT_MONITOR_STOPPED)) ? nil : event
  }
}

extension Socket {
  /// Begins to monitor this socket, in place of any monitor before. Connections made earlier are not told of.
  ///
  /// - Returns: The monitor, for this thread or another.
  /// - Throws: `tooManySockets` at the context's limit, `contextTerminated` after ``Context/shutdown()``.
  public func monitor() throws(ZeroMQError) -> sending Monitor {
    let number = monitors.wrappingAdd(1, ordering: .relaxed).newValue
    let endpoint = "inproc://zeromq-monitor-\(number)"
    // There before the first event is sent, which would wait for it.
    let socket = Socket(handle: try handle.sibling(.pair))
    // A full queue would block libzmq's I/O thread, and every socket with it.
    try socket.set(.receiveHighWaterMark, to: nil)
    try socket.connect(endpoint)
    try ZeroMQError.check(zmq_socket_monitor(handle.pointer, endpoint, ZMQ_EVENT_ALL), "monitor a \(type) socket")
    handle.monitor = MonitorEnd(socket.handle)
    return Monitor(socket: socket)
  }

  /// Ends the monitor of this socket: it tells no more, and may be let go while this socket goes on.
  public func stopMonitoring() {
    // Fails for a socket that is closed already, and there is nothing left to stop then.
    zmq_socket_monitor(handle.pointer, nil, 0)
    handle.monitor = nil
  }
}

/// Gives each monitor an endpoint of its own.
private let monitors = Atomic(0)
