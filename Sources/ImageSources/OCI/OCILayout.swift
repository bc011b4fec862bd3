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
/// - Artifacts (`artifactType`, or a configuration that is no image's), attestations and media types that are not known
///   are no images and are passed over.
/// - The digest and size of everything that is read are checked; layers are not read. What fails a check is left out,
///   with the reason, and tried again when its file changes.
///
/// Nothing outside the folder is ever opened, and no symbolic link in it is followed.
///
/// A manifest that has been read is not read again while `index.json` names it, since its digest says what is in it:
/// that a blob in use is deleted behind the index's back is not noticed.
package struct OCILayout: ImageSource {
  /// What `index.json` was when it was last read.
  private struct Seen {
    let watch: FileWatch
    let digest: Digest
    /// Why it could not be used.
    let error: SourceError?
  }

  /// `oci:` and the path as it was given.
  package var name: String { "oci:\(path)" }

  private let path: String
  private var seen: Seen?
  private var blobs = OCIBlobs()
  /// The last inventory's, to know whether another reading found the same.
  private var leftOut: [SkippedImage] = []
  private var listed: Digest?

  /// Opens the layout in the folder `path`.
  ///
  /// The images are not looked at: an index that is wrong or only half-written is an error of ``read(reporting:)``.
  ///
  /// - Throws: ``SourceError`` if there is no layout of a known version at the path.
  package init(path: String) throws(SourceError) {
    self.path = path
    _ = try Self.open(path)
  }

  /// The images, or nil if `index.json` and what was left out last time are as they were.
  ///
  /// - Throws: ``SourceError``, with the code ``SourceError/Code/broken`` for an index that cannot be made sense of,
  ///   which is also what one looks like that is only half-written.
  package mutating func read(reporting progress: ReadingProgress) throws(SourceError) -> Inventory? {
    let isUnchanged = seen.map { !$0.watch.mayHaveChanged(to: FileFingerprint(path: "\(path)/index.json")) } ?? false
    if isUnchanged, blobs.failures.isEmpty { return try nothingNew() }
    let folder = try Self.open(path)
    let files = BlobFolder(folder)
    let mayRecover = blobs.mayRecover(in: files)
    if isUnchanged, !mayRecover { return try nothingNew() }

    let opened = FileFingerprint.now()
    let (bytes, stamp) = try index(in: folder)
    let digest = Digest(sha256Of: bytes)
    func asSeen(_ error: SourceError?) -> Seen {
      Seen(watch: FileWatch(stamp, opened: opened), digest: digest, error: error)
    }
    if !mayRecover, let last = seen, last.digest == digest {
      seen = asSeen(last.error)
      return try nothingNew()
    }
    let index: OCIIndex
    do {
      index = try OCIIndex(bytes)
    } catch {
      let error = SourceError(
        .broken, "\(path)/index.json lists no images: \(error.reason); if nothing is writing it, write it anew")
      seen = asSeen(error)
      throw error
    }
    blobs.update(to: index, in: files, reporting: progress)
    let inventory = OCIListing.inventory(of: index, blobs: blobs, path: path)
    seen = asSeen(nil)
    defer {
      listed = digest
      leftOut = inventory.leftOut
    }
    return listed == digest && leftOut == inventory.leftOut ? nil : inventory
  }

  /// An index that was wrong stays so until it is written again.
  private func nothingNew() throws(SourceError) -> Inventory? {
    if let error = seen?.error { throw error }
    return nil
  }

  /// Reads `index.json`, once more if it is being written to.
  private func index(in folder: Folder) throws(SourceError) -> (bytes: [UInt8], stamp: FileFingerprint) {
    var problem = FileError.changing
    for _ in 0..<3 where problem == .changing {
      do {
        return try folder.read("index.json", limit: OCILimits.layoutIndexSize)
      } catch {
        problem = error
      }
    }
    throw SourceError("\(path)/index.json", problem, remedy: "it must list the layout's images")
  }

  private static func open(_ path: String) throws(SourceError) -> Folder {
    let folder: Folder
    do {
      folder = try Folder(path: path)
    } catch {
      let remedy = path.contains(":") ? "name the layout's folder, without a tag" : "name the layout's folder"
      throw SourceError(path, error, remedy: remedy)
    }
    let version: String
    do {
      let (bytes, _) = try folder.read("oci-layout", limit: OCILimits.blobSize)
      version = try OCILayoutFile(bytes).version
    } catch let problem as FileError {
      throw SourceError(
        "\(path)/oci-layout", problem, remedy: "a folder is an OCI image layout only with this file")
    } catch let error as JSONError {
      throw SourceError(.broken, "\(path)/oci-layout gives no version of the layout: \(error.reason)")
    } catch {
      throw SourceError(.unreadable, "\(path)/oci-layout cannot be read: \(error)")
    }
    guard version == "1.0.0" else {
      throw SourceError(
        .unsupportedVersion, "\(path) is an OCI image layout of version \(quoted(version)): only 1.0.0 is known")
    }
    return folder
  }
}
