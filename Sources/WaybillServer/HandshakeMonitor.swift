internal import Concurrency
package import CurveSecurity
package import Logging
internal import Synchronization
package import ZeroMQ

/// Watches the handshakes of those who connect to a socket, on a thread of its own.
package final class HandshakeMonitor: Sendable {
  private let isEnding = Atomic(false)
  private let thread = Lock<NamedThread?>(nil)

  /// Starts the thread.
  ///
  /// - Parameters:
  ///   - monitor: The socket's.
  ///   - refusals: Where to count those who are not let in.
  ///   - logger: Where to say so.
  package init(_ monitor: consuming sending Monitor, _ refusals: RefusalCounts, logger: Logger) {
    let handOver = HandOver(monitor)
    let started = NamedThread.start("waybill-monitor") { [self] in
      guard let monitor = handOver.take() else { return }
      // Once the context ends, nothing comes any more.
      try? watch(monitor, HandshakeFailures(refusals, logger: logger))
    }
    thread.withLock { $0 = started }
  }

  /// Ends the thread.
  package func end() {
    isEnding.store(true, ordering: .relaxed)
    _ = thread.withLock { $0 }?.join(atMost: .seconds(1))
  }

  private func watch(
    _ monitor: borrowing Monitor, _ failures: consuming HandshakeFailures
  ) throws(ZeroMQError) {
    var failures = failures
    try monitor.socket.set(.receiveTimeout, to: StopSignal.checkInterval)
    while !isEnding.load(ordering: .relaxed) {
      failures.logEnded()
      do throws(ZeroMQError) {
        // The socket was closed.
        guard let event = try monitor.next() else { return }
        failures.note(event)
      } catch {
        guard error.code == .timedOut else { throw error }
      }
    }
  }
}
