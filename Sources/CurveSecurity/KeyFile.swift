internal import FileReading
internal import Glibc

/// Reads and writes the small files that keys are in.
enum KeyFile {
  /// Bytes; a certificate has some hundreds.
  static let limit = 64 * 1_024

  /// Reads a regular file. Links are followed: that is how Kubernetes mounts secrets.
  ///
  /// - Returns: The whole text, repaired where it is not UTF-8.
  /// - Throws: ``SecurityError``.
  static func read(_ path: String) throws(SecurityError) -> String {
    do {
      return try text(of: OpenFile(path: path))
    } catch {
      throw SecurityError(error, of: path)
    }
  }

  /// Refuses, by ssh's rule, a file of this user's that others may read.
  ///
  /// - Throws: `denied`.
  static func checkIsPrivate(_ path: String) throws(SecurityError) {
    var status = stat()
    guard stat(path, &status) == 0, status.st_uid == geteuid() else { return }
    let mode = status.st_mode & 0o777
    guard mode & 0o077 == 0 else {
      throw SecurityError(
        .denied, "\(path) is secret and has the mode 0\(String(mode, radix: 8)): say chmod 600 \(path)")
    }
  }

  /// The whole text of an open file, repaired where it is not UTF-8.
  static func text(of file: borrowing OpenFile) throws(FileError) -> String {
    String(decoding: try file.contents(limit: limit), as: UTF8.self)
  }

  /// Writes a new file beside `path`, with its last byte on the disk before it gets that name.
  ///
  /// - Parameters:
  ///   - text: The whole text.
  ///   - path: Where it goes.
  ///   - mode: Its permissions from the first moment on, less the umask.
  ///   - replaces: Whether a file that is there is replaced.
  /// - Throws: `exists` when it is not to be, otherwise what the system says.
  static func write(_ text: String, to path: String, mode: mode_t, replaces: Bool) throws(SecurityError) {
    let draft = "\(path).\(getpid())"
    let file = open(draft, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard file >= 0 else { throw SecurityError(errno: errno, cannot: "write", path) }
    defer {
      close(file)
      unlink(draft)
    }
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
      if count >= 0 {
        bytes = bytes.dropFirst(count)
      } else if errno != EINTR {
        throw SecurityError(errno: errno, cannot: "write", path)
      }
    }
    guard fsync(file) == 0 else { throw SecurityError(errno: errno, cannot: "write", path) }
    // A link is never made over a file that is there.
    guard (replaces ? rename(draft, path) : link(draft, path)) == 0 else {
      guard errno != EEXIST else { throw SecurityError(exists: path) }
      throw SecurityError(errno: errno, cannot: "write", path)
    }
  }
}
