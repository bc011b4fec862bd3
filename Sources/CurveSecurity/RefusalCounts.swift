internal import Diagnostics

/// How often somebody was not let in, by reason.
package final class RefusalCounts: Sendable {
  package enum Reason: Int, CaseIterable, Sendable {
    /// Its key is not among the authorized keys.
    case keyNotAllowed
    /// The handshake failed: no CURVE, or another key of this server.
    case handshake

    /// As metrics call it.
    package var name: String {
      switch self {
      case .keyNotAllowed: "key_not_allowed"
      case .handshake: "handshake"
      }
    }
  }

  private let counters = Counters(count: Reason.allCases.count)

  package init() {}

  package func note(_ reason: Reason) {
    counters.add(at: reason.rawValue)
  }

  package subscript(reason: Reason) -> UInt64 { counters[reason.rawValue] }
}
