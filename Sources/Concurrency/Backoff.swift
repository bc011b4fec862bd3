/// How long to wait before one tries again: longer each time, up to two seconds, and never the same for two that lost the
/// same peer.
package struct Backoff: Sendable {
  private var attempts = 0

  package init() {}

  /// The next wait.
  package mutating func next() -> Duration {
    let longest = min(0.1 * Double(1 << min(attempts, 6)), 2)
    attempts += 1
    return .seconds(Double.random(in: longest / 2...longest))
  }
}
