internal import Glibc
package import Logging

/// Logs on standard error, a line at a time.
package struct StandardErrorLog: LogHandler {
  package var logLevel = Logger.Level.notice
  package var metadata: Logger.Metadata = [:]
  private let form: LogForm

  package init(_ form: LogForm) {
    self.form = form
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    let all = event.metadata.map { metadata.merging($0) { $1 } } ?? metadata
    Self.write(form.line(event.level, "\(event.message)", all))
  }

  /// Writes a text as a whole. That nobody reads it any more is no reason to end, nor to wait for a reader that is slow
  /// and has made the descriptor one that does not wait.
  package static func write(_ text: String) {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let written = rest.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
      guard written > 0 || errno == EINTR else { return }
      rest = rest.dropFirst(max(0, written))
    }
  }
}
