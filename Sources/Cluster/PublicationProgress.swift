internal import Concurrency

/// How a publisher fares, for those who watch it.
package final class PublicationProgress: Sendable {
  package struct State: Sendable {
    /// Whether etcd has the newest record of the node, for all that is known.
    package internal(set) var isListed = false
    /// How many records were put.
    package internal(set) var records: UInt64 = 0
    /// How often a member of etcd did not do what was asked of it.
    package internal(set) var failures: UInt64 = 0
    /// What was wrong; empty since it went well again.
    package internal(set) var lastError = ""
  }

  private let current = Lock(State())

  package var state: State { current.withLock { $0 } }

  func noteRecord() {
    current.withLock { $0.records += 1 }
  }

  func noteUpToDate(isListed: Bool) {
    current.withLock { state in
      state.isListed = isListed
      state.lastError = ""
    }
  }

  func note(_ failure: EtcdError) {
    current.withLock { state in
      state.isListed = false
      state.failures += 1
      state.lastError = failure.description
    }
  }
}
