import Concurrency
import Logging
import Operations

/// Where a command says what is wrong. That nobody reads it any more is no reason to end.
enum StandardError {
  static func write(_ text: String) {
    StandardErrorLog.write(text)
  }

  private static let form = Lock<LogForm?>(nil)

  /// From now on what the command says is a line of the log of a service, if it is one.
  static func become(logOf settings: ServiceSettings?) {
    guard let settings else { return }
    form.withLock { $0 = .ofStandardError(isJSON: settings.logsJSON) }
  }

  /// Writes a line of the command's own.
  static func say(_ message: String) {
    switch form.withLock({ $0 }) {
    case .json: write(LogForm.json.line(.error, message))
    case .journal: write(LogForm.journal.line(.error, message))
    case .text, nil: write("waybill: \(message)\n")
    }
  }
}
