internal import Concurrency
internal import FileReading
internal import ImageAPI

/// The manifests and configurations of one driver's images, each read once for as long as the image's record is there.
struct StorageBlobs: Sendable {
  /// The big data of one image, in the image's folder.
  private struct BigData: BlobStore {
    let root: Folder
    private let image: ImageRecord
    private let folder: Result<Folder, FileError>
    private let manifest: BlobDigest

    init(_ image: ImageRecord, _ manifest: BlobDigest, in images: Folder) {
      root = images
      self.image = image
      folder = Result { () throws(FileError) in try Folder(image.id.hex, in: images) }
      self.manifest = manifest
    }

    func file(of digest: BlobDigest) -> String { "\(image.id.hex)/\(name(of: digest) ?? digest.description)" }

    func place(of digest: BlobDigest) -> (folder: Result<Folder, FileError>, name: String)? {
      guard digest.file != nil else { return nil }
      return name(of: digest).map { (folder, $0) }
    }

    private func name(of digest: BlobDigest) -> String? {
      BigDataFile.name(digest == manifest ? "manifest" : digest.description)
    }
  }

  private struct Entry {
    let manifest: BlobDigest
    let blob: OCIBlob
  }

  private var entries: [Digest: Entry] = [:]
  /// Why the big data of images could not be read. What was read of such an image before stands if the error may pass.
  private var errors: [Digest: ReadingError] = [:]

  /// What was found for an image, by the id of its record; nil if it has no manifest.
  subscript(_ id: Digest) -> OCIBlob? { entries[id]?.blob }

  /// Whether big data that could not be read may be readable now.
  func mayRecover(in images: Folder) -> Bool {
    errors.values.contains { Self.mayHaveChanged($0, in: images) }
  }

  /// Reads what is not known yet of the images in `records`, and forgets all others.
  ///
  /// - Returns: whether anything was read.
  /// - Throws: ``ReadingError`` if this process or the machine is out of descriptors or memory. What was read is kept.
  mutating func update(
    to records: [ImageRecord], in images: Folder, reporting progress: ReadingProgress
  ) throws(ReadingError) -> Bool {
    var known: [Digest: Entry] = [:]
    known.reserveCapacity(records.count)
    var unread: [(image: ImageRecord, manifest: BlobDigest)] = []
    for record in records where !record.isList {
      guard let manifest = record.manifest else { continue }
      let entry = entries[record.id]
      known[record.id] = entry
      if entry?.manifest != manifest || errors[record.id].map({ Self.mayHaveChanged($0, in: images) }) ?? false {
        unread.append((record, manifest))
      }
    }
    progress.expect(unread.count)
    let read = parallelMap(unread) { image, manifest in
      defer { progress.advance() }
      return OCIBlob(reading: OCIBlob.Key(manifest: manifest), in: BigData(image, manifest, in: images))
    }
    errors = errors.filter { known[$0.key] != nil }
    var exhaustion: ReadingError?
    for ((image, manifest), blob) in zip(unread, read) {
      let error = blob.error?.following(errors[image.id])
      if let error, error.isExhaustion {
        exhaustion = error
        continue
      }
      errors[image.id] = error
      if let error, error.isTransient, let last = known[image.id]?.blob, last.error == nil {
        known[image.id] = Entry(manifest: manifest, blob: last)
      } else {
        known[image.id] = Entry(manifest: manifest, blob: blob)
      }
    }
    entries = known
    if let exhaustion { throw exhaustion }
    return !unread.isEmpty
  }

  private static func mayHaveChanged(_ error: ReadingError, in images: Folder) -> Bool {
    error.watch?.mayHaveChanged(to: try images.fingerprint(of: error.file)) ?? false
  }
}
