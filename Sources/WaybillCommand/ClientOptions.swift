import ArgumentParser
import Foundation
import WaybillClient

/// The endpoints, and how long and how often to ask.
struct ClientOptions: ParsableArguments {
  @Option(
    help: """
      Where a worker, a broker or a proxy is; several are tried in turn. (default: the one in $WAYBILL_ENDPOINT, or \
      tcp://127.0.0.1:5555)
      """)
  var endpoint: [String] = []

  @Option(parsing: .unconditional, help: "Seconds to wait for an answer, each time; up to 86400.")
  var timeout: Double = 5

  @Option(parsing: .unconditional, help: "How many times to ask again when there is no answer; 0 to 1000.")
  var retries: Int = 2

  @OptionGroup var security: ClientSecurityOptions

  func validate() throws {
    guard timeout > 0, timeout <= 86_400 else {
      throw ValidationError("A timeout is more than 0 and at most 86400 seconds, not \(timeout).")
    }
    guard (0...1_000).contains(retries) else { throw ValidationError("Retries are 0 to 1000, not \(retries).") }
  }

  func client() throws(CommandError) -> Client {
    let endpoints = endpoint.isEmpty ? [Self.variable ?? Self.usual] : endpoint
    let name = endpoint.isEmpty ? Self.variableName : "--endpoint"
    for endpoint in endpoints { try EndpointCheck.check(endpoint, from: name) }
    return Client(
      endpoints: endpoints, timeout: .milliseconds(Int(max(1, timeout * 1_000))), attempts: retries + 1,
      security: try security.security())
  }

  private static let usual = "tcp://127.0.0.1:5555"
  private static let variableName = "WAYBILL_ENDPOINT"

  private static var variable: String? {
    let value = ProcessInfo.processInfo.environment[variableName] ?? ""
    return value.isEmpty ? nil : value
  }
}
