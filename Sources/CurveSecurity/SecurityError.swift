internal import Diagnostics
internal import FileReading
internal import Glibc

/// Why a key or a list of keys cannot be used.
public struct SecurityError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The kind of the error.
  public enum Code: Sendable {
    /// There is no such file or folder.
    case missing
    /// It may not be read or written by this user, or may be read by others.
    case denied
    /// It makes no sense.
    case invalid
    /// A file that would be overwritten.
    case exists
    /// It cannot be written.
    case unwritable
    /// The system refuses it.
    case system
  }

  /// The kind of the error.
  public let code: Code
  /// Which file it is, what is wrong with it, and what to do.
  public let description: String

  init(_ code: Code, _ description: String) {
    self.code = code
    // The names of files come from a folder that others may write to.
    self.description = description.escaped
  }

  /// What was met when the file or folder at `path` was read.
  init(_ error: FileError, of path: String) {
    let code: Code =
      switch error {
      case .missing, .notAFolder: .missing
      case .denied: .denied
      case .symbolicLink, .notAFile, .tooLarge, .tooMany: .invalid
      case .changing, .failed: .system
      }
    self.init(code, "\(path) \(error.reason)")
  }

  init(exists path: String) {
    self.init(.exists, "\(path) is there: choose another name, or say --force")
  }

  /// What the system said of `path`.
  init(errno: CInt, cannot verb: String, _ path: String) {
    let code: Code =
      switch errno {
      case ENOENT, ENOTDIR: .missing
      case EACCES, EPERM, EROFS: .denied
      case ENOSPC, EDQUOT, EIO, EFBIG: .unwritable
      default: .system
      }
    self.init(code, "cannot \(verb) \(path): \(String(cString: strerror(errno)))")
  }
}
