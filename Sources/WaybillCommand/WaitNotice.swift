import Foundation
import WaybillClient

/// Says on a terminal that an answer is waited for, and for how long at the most.
enum WaitNotice {
  private static let delay = Duration.seconds(1)

  /// Asks, and says so where there is no answer in a moment, unless that is said already.
  static func whileAsking<Answer: Sendable>(
    _ client: Client, unless isSaid: Bool = false, _ ask: () async throws(ClientError) -> Answer
  ) async throws(ClientError) -> Answer {
    let teller = Task {
      try await Task.sleep(for: delay)
      guard !isSaid, isatty(STDERR_FILENO) == 1 else { return }
      let endpoints = client.endpoints.joined(separator: ", ")
      StandardError.say("no answer yet from \(endpoints): waiting \(client.timeout * client.attempts) at most")
    }
    defer { teller.cancel() }
    return try await ask()
  }
}
