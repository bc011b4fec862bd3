internal import Diagnostics
internal import FileReading
internal import ImageAPI

/// An OCI image layout: a folder with `oci-layout`, `index.json` and `blobs`, as Skopeo, umoci, Buildah and BuildKit
/// write it.
///
/// - Every manifest that `index.json` leads to is an image, through indexes (one image for each platform) and all. An
///   image's id is the digest of its configuration, its size the configuration and the layers as they are stored.
/// - An image's name is the annotation `io.containerd.image.name` of its descriptor in `index.json`, else
///   `org.opencontainers.image.ref.name`, exactly as written. Deeper down the specification gives the annotations no
///   meaning. What is below a named index has its name, and the index's digest among its own.
/// - An image is pinned by the annotation `io.cri-containerd.pinned` = `pinned` in the same place: who keeps the layout
///   decides that, not who built the image.
/// - A manifest of Docker's is an image. One of OCI's with an `artifactType`, or a configuration that is no image's, is
///   none, nor is one with a layer that is a statement about another image, an attestation, or a media type that is not
///   known. These are passed over, and counted.
/// - Of the images that an index names, those whose manifest is not there are absent, which is legal, as long as one is.
/// - The digest and size of everything that is read are checked; layers are not read. What fails a check is left out,
///   with the reason, and tried again when its file changes.
/// - An index that names blobs without a folder of blobs is an error: the blobs are perhaps on a disk that is not mounted.
///
/// Nothing outside the folder is ever opened, and no symbolic link in it is followed.
///
/// A manifest that has been read is not read again while `index.json` names it, since its digest says what is in it. When
/// the folder of blobs changes, its names tell what was removed behind the index's back, and what came back.
package struct OCILayout: ImageSource {
  /// `oci:` and the path as it was given.
  package var name: String { "oci:\(path)" }

  private let path: String
  /// The digest of `index.json`.
  private var index = RememberedFile<Digest>()
  private var blobs = OCIBlobs()
  /// Whether the last inventory says all that is known.
  private var isCurrent = false
  /// Whether `index.json` names any blob.
  private var namesBlobs = false
  /// Of the last inventory, to know whether another reading found the same.
  private var listed: (digest: Digest?, rest: Inventory) = (nil, Inventory())

  /// Opens the layout in the folder `path`.
  ///
  /// The images are not looked at: an index that is wrong or only half-written is an error of ``read(reporting:)``.
  ///
  /// - Throws: ``SourceError`` if there is no layout of a known version at the path.
  package init(path: String) throws(SourceError) {
    self.path = path
    do {
      try Self.checkVersion(of: Self.open(path), path)
    } catch {
      guard error.mayPass else { throw error }
    }
  }

  /// The images, or nil if `index.json` and what was left out last time are as they were.
  ///
  /// - Throws: ``SourceError``, with the code ``SourceError/Code/broken`` for an index that cannot be made sense of,
  ///   which is also what one looks like that is only half-written.
  package mutating func read(reporting progress: ReadingProgress) throws(SourceError) -> Inventory? {
    let layout = try Self.open(path)
    let files: BlobFolder
    do {
      files = try BlobFolder(layout)
    } catch {
      throw SourceError("\(path)/blobs", error, remedy: "it must hold the layout's images")
    }
    try checkBlobs(in: files)
    do {
      if try blobs.compare(with: files) {
        isCurrent = false
        listed.digest = nil
      }
    } catch {
      throw SourceError("\(path)/blobs", error, remedy: "it must hold the layout's images")
    }
    do throws(ReadingError) {
      if try blobs.retry(in: files) { isCurrent = false }
    } catch {
      isCurrent = false
      throw Self.exhaustion(error, path)
    }
    let mayHaveChanged = index.mayHaveChanged("index.json") { name throws(FileError) in
      try layout.fingerprint(of: name)
    }
    if mayHaveChanged || !isCurrent && index.error == nil {
      try Self.checkVersion(of: layout, path)
      if let new = try newIndex(in: layout) { return try inventory(of: new, in: files, reporting: progress) }
    }
    // An index that is wrong stays so until it is written again.
    if let error = index.error { throw Self.indexError(error, path) }
    return nil
  }

  /// Reads `index.json`, and gives it if there is anything in it that no inventory has told of.
  private mutating func newIndex(in layout: Folder) throws(SourceError) -> OCIIndex? {
    var new: OCIIndex?
    let isCurrent = isCurrent
    do throws(ReadingError) {
      try index.update { last, _ throws(ReadingError) in
        let (bytes, watch) = try Self.readIndex(in: layout)
        let digest = Digest(sha256Of: bytes)
        guard !isCurrent || digest != last else { return (digest, watch) }
        do throws(JSONError) {
          new = try OCIIndex(bytes)
        } catch {
          throw ReadingError("index.json", "it lists no images: \(error.reason)", watch: watch)
        }
        return (digest, watch)
      }
    } catch {
      throw Self.indexError(error, path)
    }
    return new
  }

  private mutating func inventory(
    of new: OCIIndex, in files: BlobFolder, reporting progress: ReadingProgress
  ) throws(SourceError) -> Inventory? {
    isCurrent = false
    namesBlobs = new.manifests.contains { OCIBlob.Key($0) != nil }
    try checkBlobs(in: files)
    do {
      try blobs.update(to: new, in: files, reporting: progress)
    } catch {
      throw Self.exhaustion(error, path)
    }
    let inventory = OCIListing.inventory(of: new, blobs: blobs, path: path)
    isCurrent = true
    let found = (index.value, inventory.withoutImages)
    defer { listed = found }
    return listed == found ? nil : inventory
  }

  private func checkBlobs(in files: BlobFolder) throws(SourceError) {
    guard namesBlobs, files.isMissing else { return }
    throw SourceError(
      .missing, "\(path)/blobs has no folder sha256, though index.json names images: mount the disk that it is on")
  }

  /// Reads `index.json`, once more if it is being written to.
  private static func readIndex(in layout: Folder) throws(ReadingError) -> (bytes: [UInt8], watch: FileWatch) {
    let opened = FileFingerprint.now()
    var problem = FileError.changing
    for _ in 0..<3 where problem == .changing {
      do {
        let (bytes, fingerprint) = try layout.read("index.json", limit: OCILimits.layoutIndexSize)
        return (bytes, FileWatch(fingerprint, opened: opened))
      } catch {
        problem = error
      }
    }
    throw ReadingError("index.json", problem, opened: opened) { () throws(FileError) in
      try layout.fingerprint(of: "index.json")
    }
  }

  private static func indexError(_ error: ReadingError, _ path: String) -> SourceError {
    SourceError(in: path, error, remedy: "if nothing is writing it, write it anew")
  }

  private static func exhaustion(_ error: ReadingError, _ path: String) -> SourceError {
    SourceError(in: path, error, remedy: "all is read again")
  }

  private static func open(_ path: String) throws(SourceError) -> Folder {
    do {
      return try Folder(path: path)
    } catch {
      let remedy = path.contains(":") ? "name the layout's folder, without a tag" : "name the layout's folder"
      throw SourceError(path, error, remedy: remedy)
    }
  }

  private static func checkVersion(of layout: Folder, _ path: String) throws(SourceError) {
    let bytes: [UInt8]
    do {
      bytes = try layout.read("oci-layout", limit: OCILimits.blobSize).bytes
    } catch {
      throw SourceError("\(path)/oci-layout", error, remedy: "a folder is an OCI image layout only with this file")
    }
    let version: String
    do {
      version = try OCILayoutFile(bytes).version
    } catch {
      throw SourceError(.broken, "\(path)/oci-layout gives no version of the layout: \(error.reason)")
    }
    guard version == "1.0.0" else {
      throw SourceError(
        .unsupportedVersion, "\(path) is an OCI image layout of version \(quoted(version)): only 1.0.0 is known")
    }
  }
}
