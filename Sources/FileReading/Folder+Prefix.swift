internal import Glibc

extension Folder {
  /// The first bytes of the regular file `name`, fewer than `count` if the file has no more.
  ///
  /// - Throws: ``FileError`` if there is no such file.
  package func prefix(of name: String, count: Int) throws(FileError) -> [UInt8] {
    let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    guard file >= 0 else { throw FileError(errno: errno) }
    defer { close(file) }
    _ = try Self.regularFile(file)
    var bytes = [UInt8](repeating: 0, count: count)
    let read = Glibc.read(file, &bytes, count)
    guard read >= 0 else { throw FileError(errno: errno) }
    return Array(bytes.prefix(read))
  }
}
