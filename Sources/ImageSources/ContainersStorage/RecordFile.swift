internal import FileReading
internal import ImageAPI

/// A file that lists all the records of one kind. Without it nothing is known, so an error is one of the whole store.
struct RecordFile<Contents: Sendable>: Sendable {
  private struct List {
    let contents: Contents
    let digest: Digest
  }

  private let name: String
  /// Nil if there is no such file.
  private var file = RememberedFile<List?>()

  /// A file that has not been read yet.
  init(_ name: String) {
    self.name = name
  }

  /// What the file lists; nil if there is none.
  var contents: Contents? { file.value??.contents }

  /// Whether a later write cannot have left the file's fingerprint as it was when the file was read.
  var isSettled: Bool { file.isSettled }

  /// Whether the file in `folder` may be another than the one that was read.
  func mayHaveChanged(in folder: Folder?) -> Bool {
    file.mayHaveChanged(name) { name throws(FileError) in try folder?.fingerprint(of: name) }
  }

  /// Reads the file, if it may have changed, with `parse`, if it has.
  ///
  /// - Returns: whether it has.
  /// - Throws: ``SourceError`` if the file, in the folder whose path is `path`, cannot be read or makes no sense.
  mutating func update(
    in folder: Folder?, path: String, _ parse: ([UInt8]) throws(JSONError) -> Contents
  ) throws(SourceError) -> Bool {
    var isNew = false
    do throws(ReadingError) {
      if mayHaveChanged(in: folder) {
        let wasKnown = file.value != nil
        let name = name
        try file.update { last, _ throws(ReadingError) in
          guard let (bytes, watch) = try Self.read(name, in: folder) else {
            isNew = !wasKnown || last??.digest != nil
            return (nil, FileWatch(nil, opened: 0))
          }
          let digest = Digest(sha256Of: bytes)
          if let last = last ?? nil, last.digest == digest { return (last, watch) }
          isNew = true
          do throws(JSONError) {
            return (List(contents: try parse(bytes), digest: digest), watch)
          } catch {
            throw ReadingError(name, "it does not list what is in the store: \(error.reason)", watch: watch)
          }
        }
      }
      if let error = file.error { throw error }
    } catch {
      throw SourceError(in: path, error, remedy: "if nothing is writing it, restore it")
    }
    return isNew
  }

  /// Whether the file still is what was read: not only its fingerprint, as long as that proves nothing.
  func isStill(in folder: Folder?) -> Bool {
    guard !isSettled || mayHaveChanged(in: folder) else { return true }
    let bytes: [UInt8]?
    do {
      bytes = try Self.read(name, in: folder)?.bytes
    } catch {
      return false
    }
    return bytes.map { Digest(sha256Of: $0) } == file.value??.digest
  }

  /// The file, nil if there is none.
  private static func read(
    _ name: String, in folder: Folder?
  ) throws(ReadingError) -> (bytes: [UInt8], watch: FileWatch)? {
    do {
      return try folder?.readStable(name, as: name, limit: StorageLimits.listSize)
    } catch {
      guard error.cause == .missing else { throw error }
      return nil
    }
  }
}
