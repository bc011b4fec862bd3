package import Glibc

package import struct Crypto.SHA256
package import struct Crypto.SHA256Digest

/// An open regular file. Every file is read through this type.
///
/// Opening never blocks and nothing but a regular file is read, so a store that holds a FIFO, a device or a socket cannot
/// hang its reader.
package struct OpenFile: ~Copyable {
  /// What the operating system said of the file when it was opened.
  package let status: stat
  private let descriptor: CInt

  /// Bytes read at a time of a file that is not kept in memory.
  private static let pieceSize = 1 << 18

  /// Opens the file at `path`, which a person named: links are followed.
  package init(path: String) throws(FileError) {
    try self.init { open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC) }
  }

  /// Opens the file `name` in `folder`, unless it is a link.
  package init(_ name: String, in folder: Folder) throws(FileError) {
    try self.init {
      openat(folder.descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    }
  }

  private init(_ open: () -> CInt) throws(FileError) {
    var descriptor = open()
    while descriptor < 0, errno == EINTR { descriptor = open() }
    guard descriptor >= 0 else { throw FileError(errno: errno) }
    do {
      status = try Self.status(descriptor)
    } catch {
      close(descriptor)
      throw error
    }
    self.descriptor = descriptor
  }

  deinit {
    close(descriptor)
  }

  /// What the file was when it was opened.
  package var fingerprint: FileFingerprint { FileFingerprint(status) }

  /// Checks that nobody has written to the file since it was opened.
  ///
  /// - Throws: ``FileError/changing`` otherwise.
  package func checkUnchanged() throws(FileError) {
    guard FileFingerprint(try Self.status(descriptor)) == fingerprint else { throw .changing }
  }

  /// Reads until `buffer` is full or the file ends, and gives the number of bytes.
  package func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int64) throws(FileError) -> Int {
    var count = 0
    while count < buffer.count {
      let result = pread(
        descriptor, buffer.baseAddress?.advanced(by: count), buffer.count - count, off_t(offset + Int64(count)))
      guard result != 0 else { break }
      if result > 0 {
        count += result
      } else if errno != EINTR {
        throw FileError(errno: errno)
      }
    }
    return count
  }

  /// The first bytes, fewer than `count` if the file has no more.
  package func prefix(_ count: Int) throws(FileError) -> [UInt8] {
    var failure: FileError?
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, length in
      do throws(FileError) {
        length = try read(into: UnsafeMutableRawBufferPointer(buffer), at: 0)
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
    return bytes
  }

  /// The whole file.
  ///
  /// - Parameter limit: bytes; a larger file is not read at all.
  /// - Returns: its bytes.
  /// - Throws: ``FileError/changing`` if the file was written to meanwhile; the bytes may have been of two versions.
  package func contents(limit: Int) throws(FileError) -> [UInt8] {
    let size = fingerprint.size
    guard size <= limit else { throw .tooLarge(size: size, limit: limit) }
    let bytes = try prefix(Int(size))
    guard bytes.count == size else { throw .changing }
    // Tells of a file that has grown, too.
    try checkUnchanged()
    return bytes
  }

  /// The SHA-256 of the file, whatever its size.
  ///
  /// - Throws: ``FileError/changing`` if the file was written to meanwhile.
  package func digest() throws(FileError) -> SHA256Digest {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.pieceSize, alignment: 16)
    defer { buffer.deallocate() }
    var hash = SHA256()
    var size: Int64 = 0
    // A file that grows as fast as it is read would otherwise be read for ever.
    while size <= fingerprint.size {
      let count = try read(into: buffer, at: size)
      guard count > 0 else { break }
      hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: buffer[..<count]))
      size += Int64(count)
    }
    guard size == fingerprint.size else { throw .changing }
    try checkUnchanged()
    return hash.finalize()
  }

  private static func status(_ descriptor: CInt) throws(FileError) -> stat {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileError(errno: errno) }
    guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile }
    return status
  }
}
