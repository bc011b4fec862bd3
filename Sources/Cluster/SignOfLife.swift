internal import Concurrency

/// When somebody was last heard of.
final class SignOfLife: Sendable {
  private let last = Lock(ContinuousClock.now)

  func note() {
    last.withLock { $0 = .now }
  }

  var age: Duration { ContinuousClock.now - last.withLock { $0 } }
}
