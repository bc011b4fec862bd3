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

  /// Reads until the pipe's other end is closed, and closes this one.
  init(from pipe: CInt) {
    contents = Lock(Contents())
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

  var text: String { contents.withLock { String(decoding: $0.bytes, as: UTF8.self) } }
  var lines: [Substring] { text.split(separator: "\n") }
  /// Whether all that there is has come.
  var isWhole: Bool { contents.withLock { $0.isWhole } }
}
