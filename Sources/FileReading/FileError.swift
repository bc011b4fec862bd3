internal import Glibc

/// Why a file or folder could not be read.
package enum FileError: Error, Hashable {
  case missing
  case denied
  case symbolicLink
  case notAFolder
  case notAFile
  case tooLarge(size: Int64, limit: Int)
  /// A folder with more entries than the limit.
  case tooMany(limit: Int)
  /// Written to while it was read.
  case changing
  case failed(errno: CInt)

  package static let inputOutput = FileError.failed(errno: EIO)
  package static let outOfMemory = FileError.failed(errno: ENOMEM)

  package init(errno: CInt) {
    switch errno {
    case ENOENT: self = .missing
    case EACCES, EPERM: self = .denied
    case ELOOP: self = .symbolicLink
    case ENOTDIR: self = .notAFolder
    case ENXIO, EISDIR: self = .notAFile
    default: self = .failed(errno: errno)
    }
  }

  /// Whether a second try may succeed though the file stays as it is. All else is a fact about the file.
  package var isTransient: Bool {
    switch self {
    case .denied, .changing, .failed: true
    case .missing, .symbolicLink, .notAFolder, .notAFile, .tooLarge, .tooMany: false
    }
  }

  /// Whether this process or the machine is out of descriptors or memory, which is no fault of the file's.
  package var isExhaustion: Bool {
    self == .failed(errno: EMFILE) || self == .failed(errno: ENFILE) || self == .outOfMemory
  }

  /// A clause that follows the file's name.
  package var reason: String {
    switch self {
    case .missing: "does not exist"
    case .denied: "may not be read by this user"
    case .symbolicLink: "is a symbolic link, which is not followed"
    case .notAFolder: "is not a folder"
    case .notAFile: "is not a regular file"
    case .tooLarge(let size, let limit): "has \(size) bytes, more than the limit of \(limit)"
    case .tooMany(let limit): "holds more than \(limit) files"
    case .changing: "is being written to"
    case .failed(let errno): "cannot be read: \(String(cString: strerror(errno)))"
    }
  }
}
