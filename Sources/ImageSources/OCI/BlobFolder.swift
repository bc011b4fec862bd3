internal import FileReading

/// The blobs of an open layout.
struct BlobFolder: BlobStore {
  private let folders: [String: Result<Folder, FileError>]

  /// Opens the folders of blobs in `layout`. One that is missing is found out when a blob in it is asked for.
  init(_ layout: Folder) {
    let blobs = Result { () throws(FileError) in try Folder("blobs", in: layout) }
    folders = Dictionary(
      uniqueKeysWithValues: ["sha256", "sha512"].map { name in
        (name, blobs.flatMap { blobs in Result { () throws(FileError) in try Folder(name, in: blobs) } })
      })
  }

  func place(of digest: BlobDigest) -> BlobPlace? {
    digest.file.map { BlobPlace(folder: folders[$0.folder] ?? .failure(.missing), file: $0.name) }
  }
}
