internal import Concurrency

/// How many calls were made over a connection.
final class CallCount: Sendable {
  private let count = Lock(0)

  var value: Int { count.withLock { $0 } }

  func increase() {
    count.withLock { $0 += 1 }
  }
}
