import ArgumentParser
import Logging

/// What a service logs.
struct LogOptions: ParsableArguments {
  @Option(
    help: "What to log on standard error: trace, debug, info, notice, warning, error or critical. (default: notice)",
    transform: { text in
      guard let level = Logger.Level(rawValue: text) else { throw ValidationError("There is no level \(text).") }
      return level
    })
  var logLevel = Logger.Level.notice

  /// A logger that writes on standard error, above the progress bar if there is one.
  func logger(above bar: ProgressBar? = nil) -> Logger {
    var logger = Logger(label: "waybill") { label -> any LogHandler in
      let handler: any LogHandler = StreamLogHandler.standardError(label: label)
      return bar.map { BarredLogHandler(handler, above: $0) } ?? handler
    }
    logger.logLevel = logLevel
    return logger
  }

  /// The service group's own logger. It is silent below critical, as the command reports errors itself.
  var groupLogger: Logger {
    var logger = logger()
    logger.logLevel = max(logger.logLevel, .critical)
    return logger
  }
}
