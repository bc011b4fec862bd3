internal import FileReading

/// The blobs of an open layout.
struct BlobFolder: BlobStore {
  let root: Folder
  private let folders: [String: Result<Folder, FileError>]

  /// Opens the folders of blobs in `layout`. One that is missing, or no folder, is an error of each blob in it.
  ///
  /// - Throws: ``FileError`` that may pass.
  init(_ layout: Folder) throws(FileError) {
    root = layout
    let blobs = try Self.open("blobs", in: .success(layout))
    folders = try ["sha256": Self.open("sha256", in: blobs), "sha512": Self.open("sha512", in: blobs)]
  }

  /// Whether there is no folder that could hold a blob.
  var isMissing: Bool {
    folders.values.allSatisfy { if case .failure(.missing) = $0 { true } else { false } }
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
    for case .success(let folder) in folders.values {
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
    digest.file.map { (folders[$0.folder] ?? .failure(.missing), $0.name) }
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
