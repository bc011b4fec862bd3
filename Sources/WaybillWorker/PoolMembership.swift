internal import Concurrency

/// Whether a worker is in the pools of its brokers.
package final class PoolMembership: Sendable {
  /// For each broker, how many of the worker's threads are in its pool.
  private let threads: Lock<[String: Int]>
  /// The brokers, in the order of the command line.
  package let brokers: [String]

  init(brokers: [String]) {
    self.brokers = brokers
    threads = Lock([:])
  }

  func join(_ broker: String) {
    threads.withLock { $0[broker, default: 0] += 1 }
  }

  func leave(_ broker: String) {
    threads.withLock { $0[broker, default: 0] -= 1 }
  }

  /// How many of the worker's threads are in the pool of a broker.
  package func threads(in broker: String) -> Int {
    threads.withLock { $0[broker] ?? 0 }
  }
}
