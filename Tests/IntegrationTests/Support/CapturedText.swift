import Concurrency
import Foundation
import Glibc

/// What comes out of a pipe, as it comes.
final class CapturedText: Sendable {
  private struct Contents {
    var bytes: [UInt8] = []
    var isWhole = false
  }

  private let contents: Lock<Contents>
  private let translate: (@Sendable (Substring) -> String)?

  /// Reads until the pipe's other end is closed, and closes this one. What comes is shown as `translate` says of each line,
  /// which it must have in whole.
  init(from pipe: CInt, _ translate: (@Sendable (Substring) -> String)? = nil) {
    contents = Lock(Contents())
    self.translate = translate
    Thread.detachNewThread { [self] in
      var buffer = [UInt8](repeating: 0, count: 65_536)
      while true {
        let count = Glibc.read(pipe, &buffer, buffer.count)
        if count < 0, errno == EINTR { continue }
        contents.withLock { contents in
          if count > 0 { contents.bytes += buffer[..<count] } else { contents.isWhole = true }
        }
        guard count > 0 else { break }
      }
      close(pipe)
    }
  }

  var text: String {
    let text = contents.withLock { String(decoding: $0.bytes, as: UTF8.self) }
    guard let translate else { return text }
    let whole = text[..<(text.lastIndex(of: "\n").map { text.index(after: $0) } ?? text.startIndex)]
    return whole.split(separator: "\n").map { translate($0) + "\n" }.joined()
  }
  var lines: [Substring] { text.split(separator: "\n") }
  /// Whether all that there is has come.
  var isWhole: Bool { contents.withLock { $0.isWhole } }
}
