extension Folder {
  /// Reads the regular file `name`.
  ///
  /// - Parameters:
  ///   - name: the file, which is no path.
  ///   - limit: bytes; a larger file is not read at all.
  /// - Returns: the whole file, and what it was when it was read.
  /// - Throws: ``FileError/changing`` if the file was written to meanwhile.
  package func read(_ name: String, limit: Int) throws(FileError) -> (bytes: [UInt8], fingerprint: FileFingerprint) {
    let file = try OpenFile(name, in: self)
    return (try file.contents(limit: limit), file.fingerprint)
  }

  /// Reads the regular file `name` so that it is one version of the file, even if a program is writing it in place.
  ///
  /// Two writes within one tick of the file system's clock leave one fingerprint, so while the last write is that young a
  /// fingerprint proves nothing: the file is then read until it reads the same twice.
  ///
  /// - Parameters:
  ///   - name: the file, which is no path.
  ///   - limit: bytes; a larger file is not read at all.
  /// - Returns: the whole file, and what to watch.
  /// - Throws: ``FileError/changing`` if the file was written to each time.
  package func readStable(_ name: String, limit: Int) throws(FileError) -> (bytes: [UInt8], watch: FileWatch) {
    var last: [UInt8]?
    for _ in 0..<4 {
      let opened = FileFingerprint.now()
      do {
        let (bytes, fingerprint) = try read(name, limit: limit)
        let watch = FileWatch(fingerprint, opened: opened)
        if watch.isSettled || bytes == last { return (bytes, watch) }
        last = bytes
      } catch {
        guard error == .changing else { throw error }
        last = nil
      }
    }
    throw .changing
  }

  /// As ``readStable(_:limit:)``, with an error that says when to look at the file again.
  ///
  /// - Parameters:
  ///   - name: the file, which is no path.
  ///   - file: the file as its reader names it.
  ///   - subject: what the error's reason begins with.
  ///   - limit: bytes; a larger file is not read at all.
  /// - Returns: the whole file, and what to watch.
  /// - Throws: ``ReadingError``.
  package func readStable(
    _ name: String, as file: String, _ subject: String = "it", limit: Int
  ) throws(ReadingError) -> (bytes: [UInt8], watch: FileWatch) {
    let opened = FileFingerprint.now()
    do {
      return try readStable(name, limit: limit)
    } catch {
      throw ReadingError(file, error, subject, opened: opened) { () throws(FileError) in try fingerprint(of: name) }
    }
  }
}
