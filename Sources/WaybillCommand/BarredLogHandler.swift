import Logging

/// Logs on the terminal, above a progress bar.
struct BarredLogHandler: LogHandler {
  private var log: any LogHandler
  private let bar: ProgressBar

  /// A handler that lets `log` write while the bar is away.
  init(_ log: any LogHandler, above bar: ProgressBar) {
    self.log = log
    self.bar = bar
  }

  var logLevel: Logger.Level {
    get { log.logLevel }
    set { log.logLevel = newValue }
  }

  var metadata: Logger.Metadata {
    get { log.metadata }
    set { log.metadata = newValue }
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { log[metadataKey: key] }
    set { log[metadataKey: key] = newValue }
  }

  func log(event: LogEvent) {
    bar.writing { log.log(event: event) }
  }
}
