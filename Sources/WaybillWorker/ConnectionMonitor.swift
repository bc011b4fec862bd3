internal import Concurrency
internal import Synchronization
internal import WaybillServer
internal import ZeroMQ

/// Watches the connections of a worker's socket on a thread of its own: has those to proxies made and made again, and logs
/// which of the clients' fail.
final class ConnectionMonitor: Sendable {
  private struct State {
    var proxies: [ProxyConnection]
    var failures: HandshakeFailures
  }

  private let due = Lock<[ProxyConnection.Action]>([])
  private let hasDue = Atomic(false)
  private let thread = Lock<MonitorThread?>(nil)

  /// Starts a thread that reads the events of a socket.
  ///
  /// - Parameters:
  ///   - monitor: The socket's.
  ///   - proxies: The connections that the socket makes.
  ///   - failures: Where to note clients whose handshake failed.
  init(_ monitor: consuming sending Monitor, _ proxies: [ProxyConnection], noting failures: HandshakeFailures) {
    let started = MonitorThread(
      monitor, State(proxies: proxies, failures: failures),
      tick: { [self] state in
        for index in state.proxies.indices { add(state.proxies[index].takeDue(at: .now)) }
        state.failures.logEnded()
      },
      note: { state, event in
        var isOwn = false
        // Two names may stand for one address.
        for index in state.proxies.indices where state.proxies[index].note(event, at: .now) { isOwn = true }
        if !isOwn { state.failures.note(event) }
      })
    thread.withLock { $0 = started }
  }

  /// Ends the thread; for the time after the socket was closed.
  func end() {
    thread.withLock { $0 }?.end()
  }

  /// What is to be done with the socket now, in order; for the socket's thread.
  func takeDue() -> [ProxyConnection.Action] {
    guard hasDue.load(ordering: .relaxed) else { return [] }
    hasDue.store(false, ordering: .relaxed)
    return due.withLock { actions in
      defer { actions = [] }
      return actions
    }
  }

  private func add(_ actions: [ProxyConnection.Action]) {
    guard !actions.isEmpty else { return }
    due.withLock { $0 += actions }
    hasDue.store(true, ordering: .relaxed)
  }
}
