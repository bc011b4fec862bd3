/// The blobs of an open layout.
struct BlobFolder: Sendable {
  private let folders: [String: Result<Folder, FileProblem>]

  /// Opens the folders of blobs in `layout`. One that is missing is found out when a blob in it is asked for.
  init(_ layout: Folder) {
    let blobs = Result { () throws(FileProblem) in try Folder("blobs", in: layout) }
    folders = Dictionary(
      uniqueKeysWithValues: ["sha256", "sha512"].map { name in
        (name, blobs.flatMap { blobs in Result { () throws(FileProblem) in try Folder(name, in: blobs) } })
      })
  }

  /// Reads a manifest, configuration or index, and checks it against its digest.
  func read(_ digest: BlobDigest) throws(OCIBlob.Failure) -> [UInt8] {
    guard let file = digest.file else {
      throw OCIBlob.Failure(digest: digest, reason: "its digest's algorithm is neither sha256 nor sha512")
    }
    let opened = FileStamp.now()
    func failure(_ reason: String, _ stamp: FileStamp?) -> OCIBlob.Failure {
      OCIBlob.Failure(digest: digest, reason: reason, watch: FileWatch(stamp, opened: opened))
    }
    let stamp: FileStamp
    let bytes: [UInt8]
    do throws(FileProblem) {
      guard let folder = folders[file.folder] else { throw .missing }
      (bytes, stamp) = try folder.get().read(file.name, limit: OCILimits.blobSize)
    } catch {
      // A file that was missing may stand there by now, and must not be taken for one that was looked at.
      throw failure("it \(error.reason)", error == .missing ? nil : self.stamp(digest))
    }
    guard digest.matches(bytes) else {
      throw failure("its contents are not what its digest says", stamp)
    }
    return bytes
  }

  /// Whether the file at fault may be another than the one that was read.
  func mayHaveChanged(_ failure: OCIBlob.Failure) -> Bool {
    failure.watch?.mayHaveChanged(to: stamp(failure.digest)) ?? false
  }

  private func stamp(_ digest: BlobDigest) -> FileStamp? {
    guard let file = digest.file, let folder = try? folders[file.folder]?.get() else { return nil }
    return folder.stamp(file.name)
  }
}
