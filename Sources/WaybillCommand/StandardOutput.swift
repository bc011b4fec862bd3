import Foundation

/// Where a command's answer goes.
enum StandardOutput {
  /// Whether somebody may still read what is written.
  static var isOpen: Bool {
    var output = pollfd(fd: STDOUT_FILENO, events: 0, revents: 0)
    return poll(&output, 1, 0) <= 0 || output.revents & Int16(POLLERR | POLLNVAL) == 0
  }

  /// Writes without a buffer, so that an error is known before the command ends.
  static func write(_ text: String) throws(CommandError) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Foundation.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
      if count >= 0 {
        bytes = bytes.dropFirst(count)
      } else if errno != EINTR {
        throw CommandError(
          message: "cannot write to standard output: \(String(cString: strerror(errno)))", code: .inputOutput)
      }
    }
  }
}
