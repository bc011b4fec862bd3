package import Glibc

/// What the operating system says of a file without opening it.
package enum FileStatus {
  /// Asks by `look`.
  ///
  /// - Parameter look: a call of the `stat` family: 0, or -1 and `errno`.
  /// - Returns: nil if there is nothing at the path.
  /// - Throws: ``FileError`` if the operating system does not say whether there is.
  package static func ifThere(_ look: (inout stat) -> CInt) throws(FileError) -> stat? {
    var status = stat()
    while look(&status) != 0 {
      switch errno {
      case ENOENT, ENOTDIR, ELOOP: return nil
      case EINTR: continue
      default: throw FileError(errno: errno)
      }
    }
    return status
  }
}
