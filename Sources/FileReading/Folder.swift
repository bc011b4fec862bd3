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

  /// The fingerprint of the file `name`, a link for itself.
  ///
  /// - Returns: nil if there is nothing.
  /// - Throws: ``FileError`` if the operating system does not say.
  package func fingerprint(of name: String) throws(FileError) -> FileFingerprint? {
    try status(of: name).map(FileFingerprint.init)
  }

  /// What the file system says of `name`, a link for itself.
  ///
  /// - Returns: nil if there is nothing.
  /// - Throws: ``FileError`` if the operating system does not say.
  package func status(of name: String) throws(FileError) -> stat? {
    try FileStatus.ifThere { fstatat(descriptor, name, &$0, AT_SYMLINK_NOFOLLOW) }
  }

  /// The folder `name` in this one, nil if there is none.
  package func folderIfThere(_ name: String) throws(FileError) -> Folder? {
    do {
      return try Folder(name, in: self)
    } catch {
      guard error == .missing else { throw error }
      return nil
    }
  }

  /// The folder `name` in this one, nil if there is nothing, a file or a link.
  ///
  /// - Throws: ``FileError`` that may pass.
  package func subfolder(_ name: String) throws(FileError) -> Folder? {
    do {
      return try Folder(name, in: self)
    } catch {
      if error.isTransient { throw error }
      return nil
    }
  }

  private func isLink(_ name: String) -> Bool {
    let saved = errno
    defer { errno = saved }
    var status = stat()
    return fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && status.st_mode & S_IFMT == S_IFLNK
  }
}
