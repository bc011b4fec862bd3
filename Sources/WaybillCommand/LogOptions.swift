import ArgumentParser
import Logging
import Operations

/// What a service logs, and the file of its options.
struct LogOptions: ParsableArguments {
  @Option(help: "A file of YAML with a key for each option that is not given here; see waybill config.")
  var config: String?

  @Option(
    help: "What to log on standard error: trace, debug, info, notice, warning, error or critical. (default: notice)",
    transform: { text in
      guard let level = Logger.Level(rawValue: text) else { throw ValidationError("There is no level \(text).") }
      return level
    })
  var logLevel = Logger.Level.notice

  enum Format: String, ExpressibleByArgument, CaseIterable {
    case text, json
  }

  @Option(help: "How a line of the log looks: text for people and systemd's journal, or json, an object for each.")
  var logFormat: Format = .text

  /// A logger that writes on standard error, above the progress bar if there is one.
  func logger(above bar: ProgressBar? = nil) -> Logger {
    var logger = Logger(label: "waybill") { _ -> any LogHandler in
      let handler = StandardErrorLog(form)
      return bar.map { BarredLogHandler(handler, above: $0) } ?? handler
    }
    logger.logLevel = logLevel
    return logger
  }

  private var form: LogForm { .ofStandardError(isJSON: logFormat == .json) }

  /// The service group's own logger. It is silent below critical, as the command reports errors itself.
  var groupLogger: Logger {
    var logger = logger()
    logger.logLevel = max(logger.logLevel, .critical)
    return logger
  }
}
