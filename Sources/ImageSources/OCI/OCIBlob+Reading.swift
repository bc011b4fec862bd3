internal import FileReading
internal import ImageAPI

extension OCIBlob {
  /// Reads the blob `key` names, and for an image its configuration. Any number of threads may do so at once.
  init(reading key: Key, in blobs: some BlobStore) {
    do {
      self = try key.isIndex ? Self.index(key.digest, in: blobs) : Self.manifest(key.digest, in: blobs)
    } catch {
      self = .failed(error)
    }
  }

  private static func index(_ digest: BlobDigest, in blobs: some BlobStore) throws(ReadingError) -> OCIBlob {
    let bytes = try blobs.read(digest)
    return .index(
      try parse(digest, in: blobs) { () throws(JSONError) in try OCIIndex(bytes) },
      size: UInt64(bytes.count))
  }

  private static func manifest(_ digest: BlobDigest, in blobs: some BlobStore) throws(ReadingError) -> OCIBlob {
    let bytes = try blobs.read(digest)
    let manifest = try parse(digest, in: blobs) { () throws(JSONError) in try OCIManifest(bytes) }
    guard manifest.isImage else { return .artifact(size: UInt64(bytes.count)) }

    let config = manifest.config
    let configBytes = try blobs.read(config.digest)
    guard UInt64(configBytes.count) == config.size else {
      throw ReadingError(
        blobs.file(of: config.digest), "it has \(configBytes.count) bytes, but its manifest says \(config.size)")
    }
    let user = try parse(config.digest, in: blobs) { () throws(JSONError) in try OCIConfig(configBytes) }.user
    let (size, overflow) = manifest.layersSize.addingReportingOverflow(config.size)
    guard !overflow else {
      throw ReadingError(blobs.file(of: digest), "the sizes of its layers are more than 64 bits hold")
    }
    let (id, otherConfig): (Digest, String?) =
      if case .sha256(let digest) = config.digest {
        (digest, nil)
      } else {
        (Digest(sha256Of: configBytes), config.digest.file?.name)
      }
    return .image(
      Facts(
        id: id, manifestSize: UInt32(bytes.count), size: size, user: user, annotations: manifest.annotations,
        otherConfig: otherConfig))
  }

  /// A blob whose contents are right by its digest and wrong all the same stays so: nothing is to be watched.
  private static func parse<Document>(
    _ digest: BlobDigest, in blobs: some BlobStore, _ body: () throws(JSONError) -> Document
  ) throws(ReadingError) -> Document {
    do {
      return try body()
    } catch {
      throw ReadingError(blobs.file(of: digest), error.reason)
    }
  }
}
