internal import Diagnostics
package import Foundation
internal import Glibc
package import Logging

/// How a line of the log looks.
package enum LogForm: Sendable, Equatable {
  /// For people: a time, a level, keys with values, and a sentence; the level in colour where a terminal shows it.
  case text(isColoured: Bool)
  /// For systemd's journal, which has the time by itself: sd-daemon(3)'s number of the level, keys with values, a sentence.
  case journal
  /// For machines: one object of JSON, with `time` (RFC 3339, UTC), `level` and `message` before the keys.
  case json

  /// The form for standard error: JSON where it is asked for, else that of text which suits who reads there.
  package static func ofStandardError(isJSON: Bool) -> LogForm {
    guard !isJSON else { return .json }
    let environment = ProcessInfo.processInfo.environment
    var status = stat()
    if let stream = environment["JOURNAL_STREAM"], fstat(STDERR_FILENO, &status) == 0,
      stream == "\(status.st_dev):\(status.st_ino)"
    {
      return .journal
    }
    let isPlain = !(environment["NO_COLOR"] ?? "").isEmpty || environment["TERM"] == "dumb"
    return .text(isColoured: !isPlain && isatty(STDERR_FILENO) == 1)
  }

  /// A line, with its end.
  package func line(
    _ level: Logger.Level, _ message: String, _ metadata: Logger.Metadata = [:], at time: Date = Date()
  ) -> String {
    let pairs = metadata.sorted { $0.key < $1.key }.map { (key: $0.key, value: "\($0.value)") }
    let text = (pairs.map { "\($0.key)=\($0.value)" } + [message]).joined(separator: " ")
    switch self {
    case .text(let isColoured):
      let name = isColoured ? "\u{1b}[\(level.colour)m\(level.rawValue)\u{1b}[0m" : level.rawValue
      return "\(Self.localTime(time)) \(name) waybill: \(text)\n"
    case .journal:
      // Each line of a message would be one of the journal's.
      return "<\(level.priority)>\(text.split(separator: "\n").joined(separator: " "))\n"
    case .json:
      let keys = [("time", Self.time(time)), ("level", level.rawValue), ("message", message)] + pairs
      return "{\(keys.map { "\($0.0.quotedAsJSON):\($0.1.quotedAsJSON)" }.joined(separator: ","))}\n"
    }
  }

  private static func time(_ date: Date) -> String {
    date.formatted(.iso8601.year().month().day().time(includingFractionalSeconds: true).timeZone(separator: .omitted))
  }

  private static func localTime(_ date: Date) -> String {
    var seconds = time_t(date.timeIntervalSince1970)
    var fields = tm()
    localtime_r(&seconds, &fields)
    var buffer = [CChar](repeating: 0, count: 32)
    let count = strftime(&buffer, buffer.count, "%Y-%m-%dT%H:%M:%S%z", &fields)
    return String(decoding: buffer[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}

extension Logger.Level {
  /// syslog(3)'s number.
  fileprivate var priority: Int {
    switch self {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
  }

  /// ECMA-48's number.
  fileprivate var colour: Int {
    switch self {
    case .trace, .debug, .info: 2
    case .notice: 36
    case .warning: 33
    case .error, .critical: 31
    }
  }
}
