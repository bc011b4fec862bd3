/// What a broker is about, for people and monitors.
package struct BrokerStatus: Sendable {
  /// A worker of the pool.
  package struct Worker: Sendable {
    package enum State: String, Sendable, CaseIterable {
      /// It has nothing to do.
      case idle
      /// It has a request.
      case busy
      /// A request was taken back from it, and it gets nothing until it has answered.
      case overdue
    }

    /// What the log calls it: its process, thread and node.
    package let name: String
    /// Its IP address; nil over a transport that has none.
    package let address: String?
    package let state: State
    /// How many requests it has.
    package let inFlight: Int
    /// How many it has answered.
    package let answered: Int
    /// When it joined.
    package let joined: ContinuousClock.Instant
  }

  /// That of a broker without workers, before the first request.
  package static let initial = BrokerStatus()

  package var workers: [Worker] = []
  /// How many requests wait for a worker.
  package var queued = 0
  /// How many requests wait or are with a worker.
  package var requests = 0
  /// How many clients have a request that is not over.
  package var clients = 0
  package var counts = BrokerCounts()
}
