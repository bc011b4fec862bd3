import ImageRegistry
import Logging

/// Keeps what is logged.
final class LogRecorder: Sendable {
  struct Entry: Sendable, Equatable {
    let level: Logger.Level
    let message: String
    let metadata: [String: String]
  }

  private let recorded = Lock<[Entry]>([])

  var entries: [Entry] { recorded.withLock { $0 } }

  var logger: Logger {
    var logger = Logger(label: "test") { _ in Handler(recorder: self) }
    logger.logLevel = .trace
    return logger
  }

  private struct Handler: LogHandler {
    let recorder: LogRecorder
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
      get { metadata[key] }
      set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
      let all = metadata.merging(event.metadata ?? [:]) { $1 }
      let entry = Entry(level: event.level, message: "\(event.message)", metadata: all.mapValues { "\($0)" })
      recorder.recorded.withLock { $0.append(entry) }
    }
  }
}
