internal import FileReading

/// An archive of images, as `docker save`, `podman save` and Skopeo write it, plain or compressed by gzip.
///
/// - The images are those of `manifest.json`, with the names that it gives them. An archive does not say by which digest
///   a registry knows an image, so no digest is listed.
/// - An image's id is the digest of its configuration, which must be the one that the file's name says. Its size is the
///   configuration and the layers as they are stored in the archive, each file once: Docker's and Skopeo's layers are
///   not compressed there, whether the archive as a whole is or not.
/// - An image whose configuration or layer is missing, there twice, or outside of the archive, is left out.
///
/// The archive is read from front to back, and nothing of it is written to disk or kept in memory but the list and the
/// names of the files. The layers of a plain archive are leapt over; a compressed one has to be decompressed. An
/// archive that is being written is an error, and read again when it changes.
package struct DockerArchive: ImageSource {
  /// What the file was when it was last read.
  private struct Seen {
    let watch: FileWatch
    /// Why it could not be used.
    let error: SourceError?
  }

  /// `docker-archive:` and the path as it was given.
  package var name: String { "docker-archive:\(path)" }

  private let path: String
  private var seen: Seen?
  /// The last inventory, to know whether another reading found the same.
  private var listed: Inventory?

  /// Looks for the archive at `path`.
  ///
  /// It is not read: one that makes no sense or is only half-written is an error of ``read(reporting:)``.
  ///
  /// - Throws: ``SourceError`` if there is no file at the path.
  package init(path: String) throws(SourceError) {
    self.path = path
    do {
      _ = try ArchiveFile(path: path)
    } catch {
      throw Self.error(error, path)
    }
  }

  /// The images, or nil if the file is as it was.
  ///
  /// - Throws: ``SourceError``, with the code ``SourceError/Code/broken`` for an archive that cannot be made sense of,
  ///   which is also what one looks like that is only half-written.
  package mutating func read(reporting progress: ReadingProgress) throws(SourceError) -> Inventory? {
    if let seen, !seen.watch.mayHaveChanged(to: FileFingerprint(following: path)) {
      if let error = seen.error { throw error }
      return nil
    }
    seen = nil
    var fault = ArchiveError.file(.changing)
    var last: Inventory?
    // An archive that another has just taken the place of is one that has changed.
    for _ in 0..<4 where fault == .file(.changing) {
      let opened = FileFingerprint.now()
      do throws(ArchiveError) {
        let file = try ArchiveFile(path: path, reporting: progress)
        let watch = FileWatch(file.stamp, opened: opened)
        do throws(ArchiveError) {
          let inventory = try ArchiveListing.inventory(of: ArchiveContents(reading: file), path: path)
          try file.check()
          // While the last write is that young, a second one may have left the same stamp.
          guard watch.isSettled || inventory == last else {
            last = inventory
            throw .file(.changing)
          }
          seen = Seen(watch: watch, error: nil)
          guard inventory != listed else { return nil }
          listed = inventory
          return inventory
        } catch {
          if !error.isOfFile { seen = Seen(watch: watch, error: Self.error(error, path)) }
          throw error
        }
      } catch {
        fault = error
      }
    }
    throw Self.error(fault, path)
  }

  private static func error(_ fault: ArchiveError, _ path: String) -> SourceError {
    switch fault {
    case .wrongKind(let reason):
      return SourceError(.wrongKind, "\(path) \(reason)")
    case .broken(let reason):
      return SourceError(.broken, "\(path) \(reason)")
    case .file(.changing):
      return SourceError(path, .changing, remedy: "it is read when it is whole")
    case .file(let problem):
      if problem == .notAFile, let looks = (try? Folder(path: path)).flatMap({ OtherStore.looks($0, path: path) }) {
        return SourceError(.wrongKind, "\(path) is not an archive: it \(looks)")
      }
      let tag = path.contains(":") ? ", without a tag" : ""
      return SourceError(path, problem, remedy: "name the file that docker save, podman save or Skopeo wrote\(tag)")
    }
  }
}
