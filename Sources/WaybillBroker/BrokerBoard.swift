internal import Concurrency
package import CurveSecurity
package import WaybillServer

/// Where a broker shows what it is about, while its loop goes on.
package final class BrokerBoard: Sendable {
  package let started = ContinuousClock.now
  package let refusals = RefusalCounts()
  /// What clients have yet to read.
  package let outstanding: OutstandingReplies
  /// How many requests may wait for a worker.
  package let queueLimit: Int
  private let shown = Lock<BrokerStatus?>(nil)

  init(_ outstanding: OutstandingReplies, queueLimit: Int) {
    self.outstanding = outstanding
    self.queueLimit = queueLimit
  }

  /// What the loop showed last, at most ``interval`` ago, or as long as one turn takes; nil before it listens.
  package var status: BrokerStatus? { shown.withLock { $0 } }

  func show(_ status: BrokerStatus) {
    shown.withLock { $0 = status }
  }

  static let interval = Duration.milliseconds(250)
}
