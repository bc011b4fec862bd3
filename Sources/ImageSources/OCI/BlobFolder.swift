internal import FileReading
internal import ImageAPI

/// The blobs of an open layout.
struct BlobFolder: BlobStore {
  let root: Folder
  private let sha256: Result<Folder, FileError>
  private let sha512: Result<Folder, FileError>

  /// Opens the folders of blobs in `layout`. One that is missing, or no folder, is an error of each blob in it.
  ///
  /// - Throws: ``FileError`` that may pass.
  init(_ layout: Folder) throws(FileError) {
    root = layout
    let blobs = try Self.open("blobs", in: .success(layout))
    sha256 = try Self.open("sha256", in: blobs)
    sha512 = try Self.open("sha512", in: blobs)
  }

  private var folders: [(name: String, folder: Result<Folder, FileError>)] { [("sha256", sha256), ("sha512", sha512)] }

  /// Whether there is no folder that could hold a blob.
  var isMissing: Bool {
    folders.allSatisfy { if case .failure(.missing) = $0.folder { true } else { false } }
  }

  /// What the folders of the blobs were when they were looked at.
  typealias Watch = [String: FileWatch]

  /// Looks at the folders.
  ///
  /// - Returns: nil if nothing in them was made, removed or renamed after the last look.
  func watch(after last: Watch) throws(FileError) -> Watch? {
    let opened = FileFingerprint.now()
    var now = Watch()
    var isNew = false
    for (name, folder) in folders {
      var fingerprint: FileFingerprint?
      if case .success(let folder) = folder { fingerprint = try folder.ownFingerprint() }
      now[name] = FileWatch(fingerprint, opened: opened)
      isNew = isNew || last[name]?.mayHaveChanged(to: fingerprint) ?? true
    }
    return isNew ? now : nil
  }

  /// The names of all blobs.
  func names() throws(FileError) -> BlobNames {
    var names = BlobNames()
    for case (_, .success(let folder)) in folders {
      for entry in try folder.entries(limit: OCILimits.blobs) { names.insert(entry.name) }
    }
    return names
  }

  func file(of digest: BlobDigest) -> String { Self.file(of: digest) }

  /// The file of a blob in a layout; for an algorithm that cannot be checked, the file that names it.
  static func file(of digest: BlobDigest) -> String {
    digest.file.map { "blobs/\($0.folder)/\($0.name)" } ?? "index.json"
  }

  func place(of digest: BlobDigest) -> (folder: Result<Folder, FileError>, name: String)? {
    switch digest {
    case .sha256(let digest): (sha256, digest.hex)
    case .sha512(let hex): (sha512, hex)
    case .unsupported: nil
    }
  }

  private static func open(
    _ name: String, in parent: Result<Folder, FileError>
  ) throws(FileError) -> Result<Folder, FileError> {
    do {
      return .success(try Folder(name, in: parent.get()))
    } catch {
      if error.isTransient { throw error }
      return .failure(error)
    }
  }
}
