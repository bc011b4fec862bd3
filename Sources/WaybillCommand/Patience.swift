import Foundation
import WaybillClient

/// Says on a terminal that an answer is waited for, and for how long at the most.
enum Patience {
  private static let moment = Duration.seconds(1)

  /// Asks, and says so where there is no answer in a moment, unless that is said already.
  static func telling<Answer: Sendable>(
    of client: Client, unless isSaid: Bool = false, asking: () async throws(ClientError) -> Answer
  ) async throws(ClientError) -> Answer {
    let teller = Task {
      try await Task.sleep(for: moment)
      guard !isSaid, isatty(STDERR_FILENO) == 1 else { return }
      let endpoints = client.endpoints.joined(separator: ", ")
      StandardError.say("no answer yet from \(endpoints): waiting \(client.timeout * client.attempts) at most")
    }
    defer { teller.cancel() }
    return try await asking()
  }
}
