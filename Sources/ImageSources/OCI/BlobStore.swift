internal import FileReading

/// Where the manifests, indexes and configurations of images lie, each under its digest.
protocol BlobStore: Sendable {
  /// The folder that the files of blobs are named from.
  var root: Folder { get }
  /// The file of the blob, seen from the root.
  func file(of digest: BlobDigest) -> String
  /// The folder of the blob, and its file there; nil if its digest's algorithm cannot be checked.
  func place(of digest: BlobDigest) -> (folder: Result<Folder, FileError>, name: String)?
}

extension BlobStore {
  /// Reads a manifest, configuration or index, and checks it against its digest.
  func read(_ digest: BlobDigest) throws(ReadingError) -> [UInt8] {
    guard let place = place(of: digest) else {
      throw ReadingError(file(of: digest), "its digest's algorithm is neither sha256 nor sha512")
    }
    let opened = FileFingerprint.now()
    let bytes: [UInt8]
    let fingerprint: FileFingerprint
    do throws(FileError) {
      (bytes, fingerprint) = try place.folder.get().read(place.name, limit: OCILimits.blobSize)
    } catch {
      let file = file(of: digest)
      throw ReadingError(file, error, opened: opened) { () throws(FileError) in try root.fingerprint(of: file) }
    }
    guard digest.matches(bytes) else {
      // The digest of a signed manifest of schema 1 is that of a part of it.
      let reason = OCIManifest.isOfSchema1(bytes) ? OCIManifest.schema1 : "its contents are not what its digest says"
      throw ReadingError(file(of: digest), reason, watch: FileWatch(fingerprint, opened: opened))
    }
    return bytes
  }

  /// Whether the file at fault may be another than the one that was read, or is to be tried again.
  func mayHaveChanged(_ error: ReadingError) -> Bool {
    error.watch?.mayHaveChanged(to: try root.fingerprint(of: error.file)) ?? false
  }
}
