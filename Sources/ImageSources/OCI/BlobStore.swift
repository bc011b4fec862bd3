internal import FileReading

/// Where the manifests, indexes and configurations of images lie, each under its digest.
protocol BlobStore: Sendable {
  /// Where the blob is, nil if its digest's algorithm cannot be checked.
  func place(of digest: BlobDigest) -> BlobPlace?
}

/// A file that may not be there, in a folder that may not be there.
struct BlobPlace {
  let folder: Result<Folder, FileError>
  let file: String

  /// The file's stamp, nil if there is none.
  var stamp: FileFingerprint? { (try? folder.get())?.stamp(file) }
}

extension BlobStore {
  /// Reads a manifest, configuration or index, and checks it against its digest.
  func read(_ digest: BlobDigest) throws(OCIBlob.Failure) -> [UInt8] {
    guard let place = place(of: digest) else {
      throw OCIBlob.Failure(digest: digest, reason: "its digest's algorithm is neither sha256 nor sha512")
    }
    let opened = FileFingerprint.now()
    func failure(_ reason: String, _ stamp: FileFingerprint?) -> OCIBlob.Failure {
      OCIBlob.Failure(digest: digest, reason: reason, watch: FileWatch(stamp, opened: opened))
    }
    let stamp: FileFingerprint
    let bytes: [UInt8]
    do throws(FileError) {
      (bytes, stamp) = try place.folder.get().read(place.file, limit: OCILimits.blobSize)
    } catch {
      // A file that was missing may stand there by now, and must not be taken for one that was looked at.
      throw failure("it \(error.reason)", error == .missing ? nil : place.stamp)
    }
    guard digest.matches(bytes) else {
      throw failure("its contents are not what its digest says", stamp)
    }
    return bytes
  }

  /// Whether the file at fault may be another than the one that was read.
  func mayHaveChanged(_ failure: OCIBlob.Failure) -> Bool {
    failure.watch?.mayHaveChanged(to: place(of: failure.digest)?.stamp) ?? false
  }
}
