internal import FileReading

/// The file of an archive, which is read from front to back, past layers by seeking.
final class ArchiveFile: ByteInput {
  private let file: OpenFile
  private let progress: ReadingProgress
  private let buffer: UnsafeMutableRawBufferPointer
  private var position: Int64 = 0

  /// Opens the regular file at `path`, which a person named: links are followed.
  init(path: String, reporting progress: ReadingProgress = ReadingProgress()) throws(ArchiveError) {
    self.progress = progress
    do {
      file = try OpenFile(path: path)
    } catch {
      throw .file(error)
    }
    // Not before: what throws until everything is initialised does not come to `deinit`.
    buffer = .allocate(byteCount: 1 << 18, alignment: 16)
  }

  deinit {
    buffer.deallocate()
  }

  /// What the file was when it was opened.
  var fingerprint: FileFingerprint { file.fingerprint }

  /// Checks that nobody has written to the file since it was opened.
  ///
  /// - Throws: ``ArchiveError`` otherwise.
  func check() throws(ArchiveError) {
    do {
      try file.checkUnchanged()
    } catch {
      throw .file(error)
    }
  }

  /// The first bytes, fewer than `count` if the file has no more.
  func prefix(_ count: Int) throws(ArchiveError) -> [UInt8] {
    do {
      return try file.prefix(count)
    } catch {
      throw .file(error)
    }
  }

  /// Goes back to the beginning.
  func rewind() { position = 0 }

  func next() throws(ArchiveError) -> UnsafeRawBufferPointer {
    try check()
    do {
      let count = try file.read(into: buffer, at: position)
      move(by: Int64(count))
      return UnsafeRawBufferPointer(rebasing: buffer[..<count])
    } catch {
      throw .file(error)
    }
  }

  func skip(_ count: Int64) -> Int64 {
    let length = min(count, fingerprint.size - position)
    guard length > 0 else { return 0 }
    move(by: length)
    return length
  }

  private func move(by count: Int64) {
    position += count
    progress.reach(position, of: fingerprint.size)
  }
}
