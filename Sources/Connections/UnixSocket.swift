internal import Glibc

/// A socket in the file system.
package enum UnixSocket {
  /// As many bytes as a path may have: the kernel keeps 108 with the zero at the end.
  package static let maxPathBytes = 107

  /// Finds out whether a process listens at a path. Does not wait.
  ///
  /// - Returns: 0 if one does; else the error of connect(2), `ECONNREFUSED` for a socket that was left behind.
  package static func connectError(at path: String) -> CInt {
    guard path.utf8.count <= maxPathBytes else { return ENAMETOOLONG }
    let descriptor = socket(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_NONBLOCK.rawValue), 0)
    guard descriptor >= 0 else { return errno }
    defer { close(descriptor) }
    let result = withAddress(of: path) { connect(descriptor, $0, $1) }
    // Where many wait to be let in, somebody listens.
    return result == 0 || errno == EAGAIN ? 0 : errno
  }

  /// Gives a call of the system the address of a path, which has at most ``maxPathBytes``.
  static func withAddress(of path: String, _ call: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        call($0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}
