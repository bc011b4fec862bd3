internal import FileReading

/// An archive of images, as `docker save`, `podman save` and Skopeo write it, plain or compressed by gzip.
///
/// - The images are those of `manifest.json`, with the names that it gives them. An archive does not say by which digest
///   a registry knows an image, so no digest is listed.
/// - An image's id is the digest of its configuration, whatever the file's name says. Its size is the configuration and
///   the layers as they are stored in the archive, each file once: Docker's and Skopeo's layers are not compressed there,
///   whether the archive as a whole is or not.
/// - A name that is given to two images is the later one's, as it is after they were loaded.
/// - An image whose configuration or layer is missing, there twice with different contents, or outside of the archive, is
///   left out.
///
/// The archive is read from front to back, and nothing of it is written to disk or kept in memory but the list and the
/// names of the files. The layers of a plain archive are skipped by seeking; a compressed one has to be decompressed. An
/// archive that is being written is an error, and read again when it changes.
package struct DockerArchive: ImageSource {
  /// `docker-archive:` and the path as it was given.
  package var name: String { "docker-archive:\(path)" }

  private let path: String
  private var archive = RememberedFile<Inventory>()

  /// Looks for the archive at `path`.
  ///
  /// It is not read: one that makes no sense or is only half-written is an error of ``read(reporting:)``.
  ///
  /// - Throws: ``SourceError`` if there is no file at the path.
  package init(path: String) throws(SourceError) {
    self.path = path
    do throws(ArchiveError) {
      _ = try ArchiveFile(path: path)
    } catch {
      let error = Self.sourceError(Self.error(error, path))
      guard error.mayPass else { throw error }
    }
  }

  /// The images, or nil if the file is as it was.
  ///
  /// - Throws: ``SourceError``, with the code ``SourceError/Code/broken`` for an archive that cannot be made sense of,
  ///   which is also what one looks like that is only half-written.
  package mutating func read(reporting progress: ReadingProgress) throws(SourceError) -> Inventory? {
    let last = archive.value
    if archive.mayHaveChanged(path, FileFingerprint.following) {
      do {
        let path = path
        try archive.update(keepingValue: { _, _ in true }) { _, _ throws(ReadingError) in
          try Self.read(path, reporting: progress)
        }
      } catch {
        throw Self.sourceError(error)
      }
    }
    if let error = archive.error { throw Self.sourceError(error) }
    return archive.value == last ? nil : archive.value
  }

  private static func read(
    _ path: String, reporting progress: ReadingProgress
  ) throws(ReadingError) -> (Inventory, FileWatch) {
    var fault = ArchiveError.file(.changing)
    var watch = FileWatch(unsettled: nil)
    var last: Inventory?
    // An archive that another has just taken the place of is one that has changed.
    for _ in 0..<4 where fault == .file(.changing) {
      let opened = FileFingerprint.now()
      do throws(ArchiveError) {
        let file = try ArchiveFile(path: path, reporting: progress)
        watch = FileWatch(file.fingerprint, opened: opened)
        let inventory = try ArchiveListing.inventory(of: ArchiveContents(reading: file), path: path)
        try file.check()
        // While the last write is that young, a second one may have left the same fingerprint.
        if watch.isSettled || inventory == last { return (inventory, watch) }
        last = inventory
      } catch {
        fault = error
        if case .file(let cause) = error { watch = FileWatch(unsettled: nil).retrying(after: cause) }
      }
    }
    throw error(fault, path, watch)
  }

  private static func error(
    _ fault: ArchiveError, _ path: String, _ watch: FileWatch? = nil
  ) -> ReadingError {
    switch fault {
    case .wrongKind(let reason): ReadingError(path, reason, watch: watch, cause: .notAFile)
    case .broken(let reason): ReadingError(path, reason, watch: watch)
    case .file(.changing):
      ReadingError(path, "\(FileError.changing.reason): it is read when it is whole", watch: watch, cause: .changing)
    case .file(let cause):
      ReadingError(path, "\(cause.reason): \(remedy(for: cause, path))", watch: watch, cause: cause)
    }
  }

  private static func remedy(for cause: FileError, _ path: String) -> String {
    if cause == .notAFile, let folder = try? Folder(path: path), let looks = try? OtherStore.looks(folder, path: path) {
      return "it \(looks)"
    }
    let tag = path.contains(":") ? ", without a tag" : ""
    return "name the file that docker save, podman save or Skopeo wrote\(tag)"
  }

  private static func sourceError(_ error: ReadingError) -> SourceError {
    SourceError(error, "\(error.file) \(error.reason)")
  }
}
