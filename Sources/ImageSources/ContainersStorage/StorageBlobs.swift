internal import Concurrency
internal import FileReading
internal import ImageAPI

/// The manifests and configurations of one driver's images, each read once for as long as the image's record is there and
/// its folder stays as it is.
struct StorageBlobs: Sendable {
  /// The big data of one image, in the image's folder.
  private struct BigData: BlobStore {
    let root: Folder
    private let id: Digest
    private let folder: Result<Folder, FileError>
    private let manifest: BlobDigest

    init(_ image: ImageRecord, in images: Folder) throws(ReadingError) {
      root = images
      id = image.id
      let folder = Result { () throws(FileError) in try Folder(image.id.hex, in: images) }
      self.folder = folder
      if let recorded = image.manifest {
        manifest = recorded
      } else {
        manifest = try Self.unrecordedDigest(in: folder, of: image.id)
      }
    }

    /// The manifest's digest, where nothing says it.
    private static func unrecordedDigest(
      in folder: Result<Folder, FileError>, of id: Digest
    ) throws(ReadingError) -> BlobDigest {
      let opened = FileFingerprint.now()
      do throws(FileError) {
        return .sha256(Digest(sha256Of: try folder.get().read("manifest", limit: OCILimits.blobSize).bytes))
      } catch {
        throw ReadingError("\(id.hex)/manifest", error, opened: opened) { () throws(FileError) in
          try folder.get().fingerprint(of: "manifest")
        }
      }
    }

    var blob: OCIBlob { OCIBlob(reading: OCIBlob.Key(manifest: manifest), in: self) }

    func file(of digest: BlobDigest) -> String { "\(id.hex)/\(name(of: digest) ?? digest.description)" }

    func place(of digest: BlobDigest) -> (folder: Result<Folder, FileError>, name: String)? {
      guard digest.file != nil else { return nil }
      return name(of: digest).map { (folder, $0) }
    }

    private func name(of digest: BlobDigest) -> String? {
      BigDataFile.name(digest == manifest ? "manifest" : digest.description)
    }
  }

  private struct Entry {
    /// As the record has it.
    let manifest: BlobDigest?
    let blob: OCIBlob
    /// Of the image's folder.
    let folder: FileWatch
  }

  private var entries: [Digest: Entry] = [:]
  /// Why the big data of images could not be read. What was read of such an image before stands if the error may pass.
  private var errors: [Digest: ReadingError] = [:]
  /// The images, in the order in which their folders are looked at.
  private var round: [Digest] = []
  private var place = 0
  /// Those whose folder is not as it was.
  private var stale: Set<Digest> = []

  /// What was found for an image, by the id of its record; nil if it has no manifest.
  subscript(_ id: Digest) -> OCIBlob? { entries[id]?.blob }

  /// Looks at the folders of a third of the images, whose owner never changes them, so that within three looks it is
  /// noticed if somebody does.
  ///
  /// - Returns: whether anything must be read again.
  mutating func look(in images: Folder) -> Bool {
    for _ in 0..<(round.count + 2) / 3 {
      let id = round[place % round.count]
      place += 1
      if entries[id]?.folder.mayHaveChanged(to: try images.fingerprint(of: id.hex)) ?? false { stale.insert(id) }
    }
    return !stale.isEmpty || errors.values.contains { Self.mayHaveChanged($0, in: images) }
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
    var unread: [ImageRecord] = []
    for record in records where !record.isList && record.hasManifest {
      let entry = entries[record.id]
      known[record.id] = entry
      if entry == nil || entry?.manifest != record.manifest || stale.contains(record.id)
        || errors[record.id].map({ Self.mayHaveChanged($0, in: images) }) ?? false
      {
        unread.append(record)
      }
    }
    progress.expect(unread.count)
    let read = parallelMap(unread) { record in
      defer { progress.advance() }
      return Self.read(record, in: images)
    }
    errors = errors.filter { known[$0.key] != nil }
    stale = []
    var exhaustion: ReadingError?
    for (record, entry) in zip(unread, read) {
      let error = entry.blob.error?.following(errors[record.id])
      if let error, error.isExhaustion {
        exhaustion = error
        stale.insert(record.id)
        continue
      }
      errors[record.id] = error
      if let error, error.isTransient, let last = known[record.id]?.blob, last.error == nil {
        known[record.id] = Entry(manifest: record.manifest, blob: last, folder: entry.folder)
      } else {
        known[record.id] = entry
      }
    }
    entries = known
    round = records.map(\.id).filter { known[$0] != nil }
    if let exhaustion { throw exhaustion }
    return !unread.isEmpty
  }

  private static func read(_ record: ImageRecord, in images: Folder) -> Entry {
    let opened = FileFingerprint.now()
    let folder: FileWatch
    do {
      folder = FileWatch(try images.fingerprint(of: record.id.hex), opened: opened)
    } catch {
      folder = FileWatch(unsettled: nil).retrying(after: error)
    }
    let blob: OCIBlob
    do {
      blob = try BigData(record, in: images).blob
    } catch {
      blob = .failed(error)
    }
    return Entry(manifest: record.manifest, blob: blob, folder: folder)
  }

  private static func mayHaveChanged(_ error: ReadingError, in images: Folder) -> Bool {
    error.watch?.mayHaveChanged(to: try images.fingerprint(of: error.file)) ?? false
  }
}
