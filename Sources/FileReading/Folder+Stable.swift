extension Folder {
  /// Reads the regular file `name` so that it is one version of the file, even if a program is writing it in place.
  ///
  /// Two writes within one tick of the file system's clock leave one stamp, so while the last write is that young a
  /// stamp proves nothing: the file is then read until it reads the same twice.
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
        let (bytes, stamp) = try read(name, limit: limit)
        let watch = FileWatch(stamp, opened: opened)
        if watch.isSettled || bytes == last { return (bytes, watch) }
        last = bytes
      } catch {
        guard error == .changing else { throw error }
        last = nil
      }
    }
    throw .changing
  }
}
