internal import Concurrency
package import Logging

/// Keeps what is logged.
package final class LogRecorder: Sendable {
  package struct Entry: Sendable, Equatable {
    package let level: Logger.Level
    package let message: String
    package let metadata: [String: String]
  }

  package init() {}

  private let recorded = Lock<[Entry]>([])

  package var entries: [Entry] { recorded.withLock { $0 } }

  package var logger: Logger {
    var logger = Logger(label: "test") { _ in Handler(recorder: self) }
    logger.logLevel = .notice
    return logger
  }

  private struct Handler: LogHandler {
    let recorder: LogRecorder
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.notice

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
