internal import FileReading
internal import ImageAPI

/// A file that lists all the records of one kind, as it was when it was last read.
struct RecordFile<Contents: Sendable>: Sendable {
  /// Why what is there cannot be used.
  private enum Problem {
    case file(FileError)
    case contents(JSONError)
  }

  private let name: String
  /// What the file lists; nil if there is none.
  private(set) var contents: Contents?
  private var problem: Problem?
  private var watch: FileWatch?
  /// Of the bytes that `contents`, or what is wrong with them, is made of.
  private var digest: Digest?

  /// A file that has not been read yet.
  init(_ name: String) {
    self.name = name
  }

  /// Whether a later write cannot have left the file's stamp as it was when the file was read.
  var isSettled: Bool { watch?.isSettled ?? false }

  /// Whether the file in `folder` may be another than the one that was read.
  func mayHaveChanged(in folder: Folder?) -> Bool {
    watch?.mayHaveChanged(to: folder?.stamp(name)) ?? true
  }

  /// Reads the file, if it may have changed, with `parse`, if it has.
  ///
  /// - Returns: whether it has.
  mutating func update(in folder: Folder?, _ parse: ([UInt8]) throws(JSONError) -> Contents) -> Bool {
    guard mayHaveChanged(in: folder) else { return false }
    let opened = FileFingerprint.now()
    let bytes: [UInt8]
    do throws(FileError) {
      guard let folder else { throw .missing }
      let read = try folder.readStable(name, limit: StorageLimits.listSize)
      watch = read.watch
      bytes = read.bytes
    } catch {
      let isNew = watch == nil || digest != nil || problem != nil || error != .missing
      watch = error == .missing ? FileWatch(nil, opened: opened) : FileWatch(folder?.stamp(name), opened: opened)
      digest = nil
      if error == .missing { contents = nil }
      problem = error == .missing ? nil : .file(error)
      return isNew
    }
    let new = Digest(sha256Of: bytes)
    guard new != digest else { return false }
    digest = new
    do throws(JSONError) {
      contents = try parse(bytes)
      problem = nil
    } catch {
      problem = .contents(error)
    }
    return true
  }

  /// Whether the file still is what was read: not only its stamp, as long as that proves nothing.
  func isStill(in folder: Folder?) -> Bool {
    guard let watch, watch.stamp == folder?.stamp(name) else { return false }
    guard !watch.isSettled, let digest, let folder else { return true }
    return (try? folder.read(name, limit: StorageLimits.listSize)).map { Digest(sha256Of: $0.bytes) == digest } ?? false
  }

  /// What is wrong with the file in the folder `path`, if anything is.
  func error(in path: String) -> SourceError? {
    switch problem {
    case .file(let problem): SourceError("\(path)/\(name)", problem, remedy: "it must list what is in the store")
    case .contents(let error):
      SourceError(
        .broken,
        "\(path)/\(name) does not list what is in the store: \(error.reason); if nothing is writing it, restore it")
    case nil: nil
    }
  }
}
