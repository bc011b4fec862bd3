internal import Concurrency
internal import FileReading
internal import ImageAPI

/// The manifests and configurations of one driver's images, each read once for as long as the image's record is there.
struct StorageBlobs: Sendable {
  /// The big data of one image, in the image's folder.
  private struct BigData: BlobStore {
    let folder: Result<Folder, FileError>
    let manifest: BlobDigest

    init(_ image: ImageRecord, _ manifest: BlobDigest, in images: Folder) {
      folder = Result { () throws(FileError) in try Folder(image.id.hex, in: images) }
      self.manifest = manifest
    }

    func place(of digest: BlobDigest) -> BlobPlace? {
      guard digest.file != nil else { return nil }
      return BigDataFile.name(digest == manifest ? "manifest" : digest.description)
        .map { BlobPlace(folder: folder, file: $0) }
    }
  }

  private struct Entry {
    let image: ImageRecord
    let manifest: BlobDigest
    let blob: OCIBlob

    init(reading image: ImageRecord, _ manifest: BlobDigest, in images: Folder) {
      self.image = image
      self.manifest = manifest
      blob = OCIBlob(reading: OCIBlob.Key(manifest: manifest), in: BigData(image, manifest, in: images))
    }

    func mayHaveChanged(in images: Folder) -> Bool {
      guard case .failed(let failure) = blob else { return false }
      return BigData(image, manifest, in: images).mayHaveChanged(failure)
    }
  }

  private var entries: [Digest: Entry] = [:]
  /// The images whose big data could not be read.
  private var failed: [Digest] = []

  /// What was found for an image, by the id of its record; nil if it has no manifest.
  subscript(_ id: Digest) -> OCIBlob? { entries[id]?.blob }

  /// Whether big data that could not be read may be readable now.
  func mayRecover(in images: Folder) -> Bool {
    failed.contains { entries[$0]?.mayHaveChanged(in: images) ?? false }
  }

  /// Reads what is not known yet of the images in `records`, and forgets all others.
  ///
  /// - Returns: whether anything was read.
  mutating func update(
    to records: [ImageRecord], in images: Folder, reporting progress: ReadingProgress
  ) -> Bool {
    var known: [Digest: Entry] = [:]
    known.reserveCapacity(records.count)
    var unread: [(image: ImageRecord, manifest: BlobDigest)] = []
    for record in records where !record.isList {
      guard let manifest = record.manifest else { continue }
      if let entry = entries[record.id], entry.manifest == manifest, !entry.mayHaveChanged(in: images) {
        known[record.id] = entry
      } else {
        unread.append((record, manifest))
      }
    }
    progress.expect(unread.count)
    let read = parallelMap(unread) { image, manifest in
      defer { progress.advance() }
      return Entry(reading: image, manifest, in: images)
    }
    for entry in read { known[entry.image.id] = entry }
    entries = known
    failed = known.filter { if case .failed = $0.value.blob { true } else { false } }.map(\.key)
    return !unread.isEmpty
  }

  /// The file of a blob of the image `id`, in the folder of the images.
  func file(of digest: BlobDigest, id: Digest) -> String {
    let key = digest == entries[id]?.manifest ? "manifest" : digest.description
    return "\(id.hex)/\(BigDataFile.name(key) ?? key)"
  }
}
