internal import Glibc

package import struct Crypto.SHA256
package import struct Crypto.SHA256Digest

extension Folder {
  /// Bytes read at a time: a file of any size is hashed in this much memory.
  private static let bufferSize = 1 << 18

  /// The SHA-256 of the regular file `name`, whatever its size, and what it was when it was read.
  ///
  /// - Parameter name: the file, which is no path.
  /// - Returns: the digest, and the file's stamp.
  /// - Throws: ``FileError/changing`` if the file was written to meanwhile.
  package func digest(of name: String) throws(FileError) -> (digest: SHA256Digest, stamp: FileFingerprint) {
    let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    guard file >= 0 else { throw FileError(errno: errno) }
    defer { close(file) }
    let before = try Self.regularFile(file)

    var hash = SHA256()
    var buffer = [UInt8](repeating: 0, count: Self.bufferSize)
    var size: Int64 = 0
    // A file that grows as fast as it is read would otherwise be read for ever.
    while size <= before.size {
      let count = Glibc.read(file, &buffer, buffer.count)
      guard count != 0 else { break }
      if count > 0 {
        buffer.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        size += Int64(count)
      } else if errno != EINTR {
        throw FileError(errno: errno)
      }
    }
    guard size == before.size, try Self.regularFile(file) == before else { throw .changing }
    return (hash.finalize(), before)
  }
}
