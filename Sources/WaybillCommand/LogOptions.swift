import ArgumentParser
import Logging

/// What a program that serves says, and where.
struct LogOptions: ParsableArguments {
  @Option(
    help: "What to log on standard error: trace, debug, info, notice, warning, error or critical.",
    transform: { text in
      guard let level = Logger.Level(rawValue: text) else { throw ValidationError("There is no level \(text).") }
      return level
    })
  var logLevel = Logger.Level.notice

  /// What writes on standard error, above the bar that is shown there.
  func logger(above bar: ProgressBar? = nil) -> Logger {
    var logger = Logger(label: "waybill") { label -> any LogHandler in
      let handler: any LogHandler = StreamLogHandler.standardError(label: label)
      return bar.map { BarredLogHandler(handler, above: $0) } ?? handler
    }
    logger.logLevel = logLevel
    return logger
  }

  /// The service group tells of every step at debug and of every error that the command itself reports.
  var groupLogger: Logger {
    var logger = logger()
    logger.logLevel = max(logger.logLevel, .critical)
    return logger
  }
}
