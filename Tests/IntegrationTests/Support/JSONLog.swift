import Foundation
import Testing

/// The logs of services in a run of the tests with JSON_LOGS=1: they are JSON, each line must parse and have no keys but
/// those of `LogKey`, and tests see it as they see a log of text.
enum JSONLog {
  private static let isOn = ProcessInfo.processInfo.environment["JSON_LOGS"] == "1"
  private static let services = ["worker", "broker", "publish"]

  /// Whether this command writes one, unless it is told otherwise.
  static func isWritten(by command: [String], _ environment: [String: String]) -> Bool {
    guard isOn, let path = try? Waybill.path(), let place = command.firstIndex(of: path),
      !command.contains(Repository.script("terminal.py"))
    else { return false }
    let arguments = command[place...].dropFirst()
    return arguments.first.map(services.contains) == true && !arguments.contains("--help")
      && !arguments.contains { $0.hasPrefix("--log-format") } && environment["JOURNAL_STREAM"] == nil
  }

  /// The variables that ask for it.
  static let variables = Dictionary(
    uniqueKeysWithValues: services.map { ("WAYBILL_\($0.uppercased())_LOG_FORMAT", "json") })

  private static let keys: Set<String> = {
    let source = try? String(contentsOfFile: "\(Repository.root)/Sources/Diagnostics/LogKey.swift", encoding: .utf8)
    return Set((source ?? "").matches(of: /static let \w+ = "(\w+)"/).map { String($0.1) })
  }()

  /// The line as standard error has it otherwise.
  static func text(of line: Substring) -> String {
    guard var pairs = try? JSONDecoder().decode([String: String].self, from: Data(line.utf8)),
      let time = pairs.removeValue(forKey: "time"), let level = pairs.removeValue(forKey: "level"),
      let message = pairs.removeValue(forKey: "message"), keys.isSuperset(of: pairs.keys)
    else {
      Issue.record("no line of a log in JSON: \(line)")
      return String(line)
    }
    // The last word of a service that ends by an error.
    if level == "error", pairs.isEmpty { return "waybill: \(message)" }
    let words = pairs.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" } + [message]
    return "\(time) \(level) waybill: \(words.joined(separator: " "))"
  }
}
