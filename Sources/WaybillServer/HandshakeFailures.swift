package import CurveSecurity
internal import Diagnostics
package import Logging
package import ZeroMQ

/// Counts the clients whose handshake fails, and says so when that begins and when it has ended.
package struct HandshakeFailures: Sendable {
  private let refusals: RefusalCounts
  private let logger: Logger
  private var repeated = RepeatedFaults<String>(most: 20, quiet: .seconds(60))

  package init(_ refusals: RefusalCounts, logger: Logger) {
    self.refusals = refusals
    self.logger = logger
  }

  /// Takes what a monitor tells of a socket that others connect to.
  package mutating func note(_ event: MonitorEvent) {
    guard case .protocolError = event.kind else { return }
    refusals.note(.handshake)
    guard repeated.note(event.endpoint, at: .now) else { return }
    logger.warning(
      "a client's connection failed",
      metadata: [
        LogKey.endpoint: "\(event.endpoint)",
        LogKey.reason: "the client uses another security mechanism, or has another key for this server",
      ])
  }

  /// Says what has ended. To be called now and then.
  package mutating func logEnded() {
    for failure in repeated.takeEnded(at: .now) {
      logger.notice(
        "clients' connections do not fail any more",
        metadata: [LogKey.endpoint: "\(failure.kind)", LogKey.repeated: "\(failure.repeated)"])
    }
  }
}
