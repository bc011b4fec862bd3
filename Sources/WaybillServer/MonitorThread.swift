internal import Concurrency
internal import Synchronization
package import ZeroMQ

/// Reads the events of a socket's monitor on a thread of its own.
package final class MonitorThread: Sendable {
  private let isEnding = Atomic(false)
  private let thread = Lock<NamedThread?>(nil)

  /// Starts the thread.
  ///
  /// - Parameters:
  ///   - monitor: The socket's.
  ///   - state: What the thread keeps.
  ///   - tick: Is called before each event, and ten times a second where there is none.
  ///   - note: Takes an event.
  package init<State: Sendable>(
    _ monitor: consuming sending Monitor, _ state: State, tick: @escaping @Sendable (inout State) -> Void,
    note: @escaping @Sendable (inout State, MonitorEvent) -> Void
  ) {
    let handOver = HandOver(monitor)
    let started = NamedThread.start("waybill-monitor") { [self] in
      guard let monitor = handOver.take() else { return }
      var state = state
      // Once the context ends, nothing comes any more.
      try? watch(monitor, { tick(&state) }, { note(&state, $0) })
    }
    thread.withLock { $0 = started }
  }

  /// Ends the thread; for the time after the socket was closed.
  package func end() {
    isEnding.store(true, ordering: .relaxed)
    // What it does may take longer, as looking up a name, and nothing depends on that.
    _ = thread.withLock { $0 }?.join(atMost: .seconds(1))
  }

  private func watch(
    _ monitor: borrowing Monitor, _ tick: () -> Void, _ note: (MonitorEvent) -> Void
  ) throws(ZeroMQError) {
    try monitor.socket.set(.receiveTimeout, to: StopSignal.checkInterval)
    while !isEnding.load(ordering: .relaxed) {
      tick()
      do throws(ZeroMQError) {
        // The socket was closed.
        guard let event = try monitor.next() else { return }
        note(event)
      } catch {
        guard error.code == .timedOut else { throw error }
      }
    }
  }
}

extension MonitorThread {
  /// Watches the handshakes of those who connect to a socket.
  package convenience init(_ monitor: consuming sending Monitor, noting failures: HandshakeFailures) {
    self.init(monitor, failures, tick: { $0.logEnded() }, note: { $0.note($1) })
  }
}
