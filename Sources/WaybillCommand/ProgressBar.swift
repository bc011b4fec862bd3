import Concurrency
import Foundation
import ImageSources
import Logging

/// A progress bar for the sources that are being read, on the last line of a terminal.
final class ProgressBar: Sendable {
  private struct State {
    /// By source.
    var counts: [String: ReadingProgress.Count] = [:]
    var isShown = false
    var isOver = false
  }

  private let state = Lock(State())

  /// Nil if standard error is no terminal that can redraw a line.
  init?(standardErrorOf environment: [String: String] = ProcessInfo.processInfo.environment) {
    guard isatty(STDERR_FILENO) == 1, environment["TERM"] != "dumb" else { return nil }
  }

  /// A function that shows the progress of `source`; nil hides it.
  func display(of source: String) -> @Sendable (ReadingProgress.Count?) -> Void {
    { count in self.show(count, of: source) }
  }

  private func show(_ count: ReadingProgress.Count?, of source: String) {
    state.withLock { state in
      guard count != nil || state.counts[source] != nil else { return }
      state.counts[source] = count
      Self.draw(&state)
    }
  }

  /// Lets `body` write whole lines on standard error, above the bar.
  func writing(_ body: () -> Void) {
    state.withLock { state in
      Self.erase(&state)
      body()
      Self.draw(&state)
    }
  }

  /// Erases the bar for good.
  func end() {
    state.withLock { state in
      state.isOver = true
      Self.erase(&state)
    }
  }

  private static func draw(_ state: inout State) {
    erase(&state)
    guard !state.isOver, let (source, count) = state.counts.min(by: { $0.key < $1.key }) else { return }
    StandardError.write(line(count, source, others: state.counts.count - 1))
    state.isShown = true
  }

  /// As much as the terminal has room for. The source's name may be cut off; a number is there whole, or not at all.
  private static func line(_ count: ReadingProgress.Count, _ source: String, others: Int) -> String {
    // One column less than there are, as a full line makes some terminals go to the next.
    let room = columns - 1
    guard let line = ["\(bar(count))  \(count)", "\(count)"].first(where: { $0.count <= room }) else { return "" }
    let rest = others > 0 ? " and \(others) more" : ""
    let left = room - line.count - 2
    if source.count + rest.count <= left { return "\(line)  \(source)\(rest)" }
    return left > 12 ? "\(line)  \(source.prefix(left - 1))…" : line
  }

  private static func erase(_ state: inout State) {
    guard state.isShown else { return }
    StandardError.write("\r\u{1b}[K")
    state.isShown = false
  }

  private static func bar(_ count: ReadingProgress.Count) -> String {
    let width = 24
    let share = count.total > 0 ? Double(count.done) / Double(count.total) : 0
    let full = Int(Double(width) * min(max(share, 0), 1))
    return "[" + String(repeating: "#", count: full) + String(repeating: "-", count: width - full) + "]"
  }

  private static var columns: Int {
    var size = winsize()
    guard ioctl(STDERR_FILENO, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }
}
