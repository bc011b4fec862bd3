internal import Concurrency
internal import CurveSecurity
internal import Logging
internal import Synchronization
internal import WaybillServer
internal import ZeroMQ

/// Watches the connections of a worker's socket on a thread of its own: has those to proxies made and made again, and logs
/// which of the clients' fail.
final class ConnectionMonitor: Sendable {
  private let isEnding = Atomic(false)
  private let due = Lock<[ProxyConnection.Action]>([])
  private let hasDue = Atomic(false)
  private let thread = Lock<NamedThread?>(nil)
  private let refusals: RefusalCounts

  /// Starts a thread that reads the events of a socket.
  ///
  /// - Parameters:
  ///   - monitor: The socket's.
  ///   - proxies: The connections that the socket makes.
  ///   - refusals: Where to count clients whose handshake failed.
  ///   - logger: Where to say what failed.
  init(
    _ monitor: consuming sending Monitor, _ proxies: [ProxyConnection], _ refusals: RefusalCounts, logger: Logger
  ) {
    self.refusals = refusals
    let handOver = HandOver(monitor)
    let started = NamedThread.start("waybill-monitor") { [self] in
      guard let monitor = handOver.take() else { return }
      var proxies = proxies
      // Once the context ends, nothing comes any more.
      try? watch(monitor, &proxies, logger)
    }
    thread.withLock { $0 = started }
  }

  /// Ends the thread; for the time after the socket was closed.
  func end() {
    isEnding.store(true, ordering: .relaxed)
    // Looking up a name may take longer, and nothing depends on that.
    _ = thread.withLock { $0 }?.join(atMost: .seconds(1))
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

  private func watch(
    _ monitor: borrowing Monitor, _ proxies: inout [ProxyConnection], _ logger: Logger
  ) throws(ZeroMQError) {
    try monitor.socket.set(.receiveTimeout, to: StopSignal.checkInterval)
    var failures = HandshakeFailures(refusals, logger: logger)
    while !isEnding.load(ordering: .relaxed) {
      for index in proxies.indices { add(proxies[index].takeDue(at: .now)) }
      failures.logEnded()
      do throws(ZeroMQError) {
        // The socket was closed.
        guard let event = try monitor.next() else { return }
        var isOwn = false
        // Two names may stand for one address.
        for index in proxies.indices where proxies[index].note(event, at: .now) { isOwn = true }
        if !isOwn { failures.note(event) }
      } catch {
        guard error.code == .timedOut else { throw error }
      }
    }
  }

  private func add(_ actions: [ProxyConnection.Action]) {
    guard !actions.isEmpty else { return }
    due.withLock { $0 += actions }
    hasDue.store(true, ordering: .relaxed)
  }
}
