internal import Concurrency

/// Whether a connection is up, what was logged of its failures, and how long to wait until it is made again.
///
/// A failure that repeats is logged once, and its end once.
struct ReconnectState {
  private(set) var isUp = false
  private var backoff = Backoff()
  /// Logged since the connection was up.
  private var reasons: Set<String> = []

  /// Notes that the connection failed.
  ///
  /// - Parameters:
  ///   - reason: Why.
  ///   - isNews: Whether it says more than a failure before it.
  /// - Returns: Whether to log it.
  mutating func fail(_ reason: String, isNews: Bool = true) -> Bool {
    isUp = false
    guard isNews || reasons.isEmpty else { return false }
    return reasons.insert(reason).inserted
  }

  /// Notes that the peer talks to this worker.
  ///
  /// - Returns: Whether to log it.
  mutating func succeed() -> Bool {
    guard !isUp else { return false }
    self = ReconnectState()
    isUp = true
    return true
  }

  /// How long to wait until the next attempt: longer each time, up to two seconds.
  mutating func nextWait() -> Duration { backoff.next() }
}
