internal import Glibc

/// A unix socket that listens at a path, for its owner and group alone.
///
/// It takes its path when it is ready, so that nobody connects to it too early or with other rights. One that was left
/// behind is replaced, one at which a process listens is not.
package final class ListeningSocket: Sendable {
  /// The path that it listens at.
  package let path: String
  /// Whoever serves it takes it over and closes it.
  package let descriptor: CInt
  private let inode: ino_t

  private static let mode: mode_t = 0o660
  private static let backlog: CInt = 128
  /// What the path has until the socket listens.
  private static let suffix = "~"

  /// Listens at a path.
  ///
  /// - Throws: ``ListeningError``.
  package init(at path: String) throws(ListeningError) {
    func fail(_ code: CInt, _ remedy: String) -> ListeningError { ListeningError(path, code, remedy) }
    let maxBytes = UnixSocket.maxPathBytes - Self.suffix.utf8.count
    guard path.utf8.count <= maxBytes else { throw fail(ENAMETOOLONG, "a path may have \(maxBytes) bytes") }
    var status = stat()
    if lstat(path, &status) == 0 {
      guard status.st_mode & S_IFMT == S_IFSOCK else {
        throw fail(EEXIST, "what is there is no socket: remove it, or choose another path")
      }
      guard UnixSocket.connectError(at: path) != 0 else {
        throw fail(EADDRINUSE, "another process listens there; choose another path")
      }
    }
    let early = path + Self.suffix
    unlink(early)
    descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { throw fail(errno, "") }
    let isBound = UnixSocket.withAddress(of: early) { [descriptor] in bind(descriptor, $0, $1) } == 0
    guard isBound, chmod(early, Self.mode) == 0, listen(descriptor, Self.backlog) == 0,
      stat(early, &status) == 0, rename(early, path) == 0
    else {
      let code = errno
      unlink(early)
      close(descriptor)
      throw fail(code, code == ENOENT ? "the folder must exist" : "")
    }
    self.path = path
    inode = status.st_ino
  }

  /// Removes the path, unless it is another's by now.
  package func removePath() {
    var status = stat()
    if lstat(path, &status) == 0, status.st_ino == inode { unlink(path) }
  }
}

/// Why nobody can listen at a path.
package struct ListeningError: Error, CustomStringConvertible {
  /// What the system says, an error of errno(3).
  package let code: CInt
  /// Which path, what is wrong with it, and what to do.
  package let description: String

  init(_ path: String, _ code: CInt, _ remedy: String) {
    self.code = code
    let reason = remedy.isEmpty || code != EADDRINUSE && code != EEXIST ? String(cString: strerror(code)) : ""
    description = "cannot listen at unix://\(path): " + [reason, remedy].filter { !$0.isEmpty }.joined(separator: ": ")
  }
}
