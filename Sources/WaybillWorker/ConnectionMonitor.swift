internal import Concurrency
internal import Diagnostics
internal import Logging
internal import Synchronization
internal import WaybillServer
internal import ZeroMQ

/// Logs which connections of a worker fail, and has those made again that libzmq gives up.
///
/// A proxy that refuses a key says so once, and libzmq does not connect again by itself: without this the worker would
/// wait for ever, even when its key is allowed later.
final class ConnectionMonitor: Sendable {
  private let isEnding = Atomic(false)
  private let due = Lock<[String]>([])
  private let hasDue = Atomic(false)
  private let thread = Lock<NamedThread?>(nil)

  /// Starts a thread that reads the events of a socket.
  ///
  /// - Parameters:
  ///   - monitor: The socket's.
  ///   - addresses: The endpoints that the socket connects to.
  ///   - logger: Where to say what failed.
  init(_ monitor: consuming sending Monitor, addresses: [String], logger: Logger) {
    let handOver = HandOver(monitor)
    let started = NamedThread.start("waybill-monitor") { [self] in
      guard let monitor = handOver.take() else { return }
      var connections = ProxyConnections(addresses, logger: logger)
      // Once the context ends, nothing comes any more.
      try? watch(monitor, &connections)
    }
    thread.withLock { $0 = started }
  }

  /// Ends the thread; for the time after the socket was closed.
  func end() {
    isEnding.store(true, ordering: .relaxed)
    // Looking up a name may take longer, and nothing depends on that.
    _ = thread.withLock { $0 }?.join(atMost: .seconds(1))
  }

  /// The endpoints to connect to again now, each once; for the socket's thread.
  func takeDue() -> [String] {
    guard hasDue.load(ordering: .relaxed) else { return [] }
    hasDue.store(false, ordering: .relaxed)
    return due.withLock { endpoints in
      defer { endpoints = [] }
      return endpoints
    }
  }

  private func watch(_ monitor: borrowing Monitor, _ connections: inout ProxyConnections) throws(ZeroMQError) {
    try monitor.socket.set(.receiveTimeout, to: StopSignal.checkInterval)
    while !isEnding.load(ordering: .relaxed) {
      do throws(ZeroMQError) {
        // The socket was closed.
        guard let event = try monitor.next() else { return }
        connections.note(event)
      } catch {
        guard error.code == .timedOut else { throw error }
      }
      let endpoints = connections.takeDue(at: .now)
      guard !endpoints.isEmpty else { continue }
      due.withLock { $0 += endpoints }
      hasDue.store(true, ordering: .relaxed)
    }
  }
}
