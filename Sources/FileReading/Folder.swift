package import Glibc

/// An open folder, whose files are opened relative to it, so that no name can lead out of it.
///
/// Symbolic links below it are never followed. Opening never blocks and nothing but a regular file is read, so a store
/// that holds a FIFO, a device or a socket cannot hang its reader.
package final class Folder: Sendable {
  /// For extensions that know how to use it; it is never passed on.
  package let descriptor: CInt

  /// Opens the folder at `path`, which a person named: links in it are followed.
  package init(path: String) throws(FileError) {
    descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError(errno: errno) }
  }

  /// Opens the folder `name` in `parent`.
  package init(_ name: String, in parent: Folder) throws(FileError) {
    descriptor = openat(parent.descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
    guard descriptor >= 0 else {
      // With both flags Linux says of a link to a folder that it is no folder.
      throw errno == ENOTDIR && parent.isLink(name) ? .symbolicLink : FileError(errno: errno)
    }
  }

  deinit {
    if descriptor >= 0 { close(descriptor) }
  }

  /// The stamp of the file `name`, nil if there is none.
  package func stamp(_ name: String) -> FileFingerprint? { status(name).map(FileFingerprint.init) }

  /// Reads the regular file `name`.
  ///
  /// - Parameters:
  ///   - name: the file, which is no path.
  ///   - limit: bytes; a larger file is not read at all.
  /// - Returns: the whole file, and what it was when it was read.
  /// - Throws: ``FileError/changing`` if the file was written to meanwhile; the bytes may be of two versions.
  package func read(_ name: String, limit: Int) throws(FileError) -> (bytes: [UInt8], stamp: FileFingerprint) {
    let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    guard file >= 0 else { throw FileError(errno: errno) }
    defer { close(file) }

    let before = try Self.regularFile(file)
    guard before.size <= limit else { throw .tooLarge(size: before.size, limit: limit) }
    // One more than the size, to see that a file has grown.
    let capacity = Int(before.size) + 1
    var failure: CInt = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      while count < capacity {
        let result = Glibc.read(file, buffer.baseAddress?.advanced(by: count), capacity - count)
        if result > 0 {
          count += result
        } else if result == 0 {
          return
        } else if errno != EINTR {
          failure = errno
          return
        }
      }
    }
    guard failure == 0 else { throw FileError(errno: failure) }
    guard bytes.count == before.size, try Self.regularFile(file) == before else { throw .changing }
    return (bytes, before)
  }

  /// The stamp of an open file, if it is a regular one.
  package static func regularFile(_ descriptor: CInt) throws(FileError) -> FileFingerprint {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileError(errno: errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile }
    return FileFingerprint(status)
  }

  /// What the file system says of `name`, a link for itself; nil if there is nothing.
  package func status(_ name: String) -> stat? {
    var status = stat()
    return fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 ? status : nil
  }

  private func isLink(_ name: String) -> Bool {
    let saved = errno
    defer { errno = saved }
    return status(name).map { $0.st_mode & S_IFMT == S_IFLNK } ?? false
  }
}
