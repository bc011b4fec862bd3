internal import FileReading
internal import Glibc

/// The file of an archive, which is read from front to back, over layers by leaps.
final class ArchiveFile: ByteInput {
  /// What the file was when it was opened.
  let stamp: FileFingerprint

  private let descriptor: CInt
  private let progress: ReadingProgress
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 16)
  private var position: Int64 = 0

  /// Opens the regular file at `path`, which a person named: links are followed.
  init(path: String, reporting progress: ReadingProgress = ReadingProgress()) throws(ArchiveError) {
    self.progress = progress
    descriptor = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .file(FileError(errno: errno)) }
    do {
      stamp = try Folder.regularFile(descriptor)
    } catch {
      close(descriptor)
      throw .file(error)
    }
  }

  deinit {
    close(descriptor)
    buffer.deallocate()
  }

  /// Whether nobody has written to the file since it was opened.
  ///
  /// - Throws: ``ArchiveError`` otherwise.
  func check() throws(ArchiveError) {
    let now: FileFingerprint
    do {
      now = try Folder.regularFile(descriptor)
    } catch {
      throw .file(error)
    }
    guard now == stamp else { throw .file(.changing) }
  }

  /// The first bytes, fewer than `count` if the file has no more.
  func prefix(_ count: Int) throws(ArchiveError) -> [UInt8] {
    defer { position = 0 }
    return Array(try next().prefix(count))
  }

  func next() throws(ArchiveError) -> UnsafeRawBufferPointer {
    try check()
    while true {
      let count = pread(descriptor, buffer.baseAddress, buffer.count, off_t(position))
      guard count >= 0 else {
        if errno == EINTR { continue }
        throw .file(FileError(errno: errno))
      }
      move(by: Int64(count))
      return UnsafeRawBufferPointer(rebasing: buffer[..<count])
    }
  }

  func skip(_ count: Int64) -> Int64 {
    let length = min(count, stamp.size - position)
    guard length > 0 else { return 0 }
    move(by: length)
    return length
  }

  private func move(by count: Int64) {
    position += count
    progress.reach(position, of: stamp.size)
  }
}
