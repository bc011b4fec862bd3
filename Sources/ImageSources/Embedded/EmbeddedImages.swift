internal import FileReading
internal import Glibc
internal import ImageAPI

/// Embedded images, iSulad's own format, as they are before iSulad has loaded them: one manifest, or a folder of them.
///
/// - Beside a manifest stands its signature, the same name with the last suffix replaced by `.sgn`.
/// - In a folder a manifest is a regular file called `manifest` or `….manifest`, or one that has a signature beside it
///   which belongs to no such file: layers lie in the same folder, and nothing else tells them apart. Folders in it are
///   not searched.
/// - The id is the digest of the manifest, which is the image's configuration; the tag is exactly its `imageName`; there are
///   no digests and no user. The size is that of the layers above the lowest, as the manifest says it.
/// - Every rule of the format is checked, the digests of layers with it. Layers are hashed in little memory, and not again
///   until they change. What breaks a rule is left out, with the rule and the value; a manifest that was named itself
///   makes ``read(reporting:)`` fail.
///
/// A folder without manifests is legal and lists nothing. One that had some, is empty now and is on another disk than before
/// is an error: its disk is perhaps not mounted.
///
/// Symbolic links of layers are followed as long as they stay in the manifest's folder; a link that is a manifest or a
/// signature is not, unless it is what was named.
package struct EmbeddedImages: ImageSource {
  /// `embedded:` and the path as it was given.
  package var name: String { "embedded:\(path)" }

  /// The folder to read, and the one manifest in it that was named; nil for all.
  private struct Place {
    let folder: Folder
    /// Every link in it resolved.
    let path: String
    let manifest: String?
  }

  private let path: String
  private var files: [String: EmbeddedImageFile] = [:]
  /// Files that cannot even be looked at.
  private var unnamed: [String] = []
  /// Where the manifests were last; another place has other files under the same names.
  private var lastPath: String?
  /// The disk that the manifests were on.
  private var lastDevice: UInt64?
  private var isChanged = true

  /// Opens the manifest, or folder of manifests, at `path`.
  ///
  /// - Throws: ``SourceError`` if there is neither.
  package init(path: String) throws(SourceError) {
    self.path = path
    do throws(SourceError) {
      let place = try Self.open(path)
      guard place.manifest == nil else { return }
      let looks: String?
      do {
        looks = try OtherStore.looks(place.folder, path: path)
      } catch {
        throw SourceError(path, error, remedy: Self.remedy)
      }
      guard let looks else { return }
      throw SourceError(.wrongKind, "\(path) is not a folder of manifests of embedded images: it \(looks)")
    } catch {
      guard error.mayPass else { throw error }
    }
  }

  /// The images, or nil if nothing has changed.
  ///
  /// - Throws: ``SourceError`` if the folder cannot be read, or the one manifest that was named is wrong.
  package mutating func read(reporting progress: ReadingProgress) throws(SourceError) -> Inventory? {
    let place = try Self.open(path)
    if lastPath != place.path {
      files = [:]
      isChanged = true
      lastPath = place.path
    }
    let names: [String]
    if let manifest = place.manifest { names = [manifest] } else { names = try manifests(in: place.folder) }
    if files.keys.count != names.count || !names.allSatisfy({ files[$0] != nil }) {
      let there = Set(names)
      files = files.filter { there.contains($0.key) }
      isChanged = true
    }
    let stale = names.filter { files[$0]?.mayHaveChanged("\(place.path)/\($0)") ?? true }
    progress.expect(stale.count)
    for name in stale {
      var file = files[name] ?? EmbeddedImageFile()
      do {
        try file.update(name, in: place.folder, path: place.path)
      } catch {
        throw SourceError(error, "\(error.file): \(error.reason)")
      }
      isChanged = isChanged || !file.saysTheSame(as: files[name])
      files[name] = file
      progress.advance()
    }
    if let manifest = place.manifest, let error = files[manifest]?.error {
      throw SourceError(
        error.isTransient ? .unreadable : .broken,
        "\(path) is not the manifest of an embedded image: \(error.reason)")
    }
    guard isChanged else { return nil }
    isChanged = false
    return inventory(of: names, in: place.path)
  }

  private func inventory(of names: [String], in folder: String) -> Inventory {
    var inventory = Inventory()
    for name in names {
      if let image = files[name]?.image { inventory.images.append(image) }
      if let error = files[name]?.error {
        inventory.leaveOut(name, at: error.file, error)
      }
      if let fault = files[name]?.standingFault { inventory.noteOutdated(fault.file, fault) }
    }
    inventory.leftOut += unnamed.map { name in
      SkippedImage(name, at: "\(folder)/\(name)", "its file's name is not UTF-8")
    }
    return inventory
  }

  /// The manifests in a folder, sorted.
  private mutating func manifests(in folder: Folder) throws(SourceError) -> [String] {
    let entries: [Folder.Entry]
    let device: UInt64
    do {
      device = try folder.ownFingerprint().device
      entries = try folder.entries(limit: EmbeddedLimits.folderEntries)
    } catch {
      throw SourceError(path, error, remedy: "name one manifest, or a folder of manifests")
    }
    guard !entries.isEmpty || files.isEmpty || device == lastDevice else {
      throw SourceError(.missing, "\(path) is empty, and on another disk than before: mount the disk of the images")
    }
    lastDevice = device
    let names = Set(entries.lazy.filter(\.isUTF8).map(\.name))
    let isManifest: (String) -> Bool = { $0 == "manifest" || $0.hasSuffix(".manifest") }
    let claimed = Set(names.lazy.filter(isManifest).map(EmbeddedImageFile.signature))
    let found = names.filter { name in
      if isManifest(name) { return true }
      let signature = EmbeddedImageFile.signature(of: name)
      return !name.hasSuffix(".sgn") && names.contains(signature) && !claimed.contains(signature)
    }
    let hidden = entries.filter { !$0.isUTF8 && isManifest($0.name) }.map(\.name).sorted()
    if hidden != unnamed {
      unnamed = hidden
      isChanged = true
    }
    return found.filter { Self.mayBeManifest($0, in: folder) }.sorted()
  }

  /// Whether there is something that is no folder. If that cannot be told, reading it says why.
  private static func mayBeManifest(_ name: String, in folder: Folder) -> Bool {
    do {
      return try folder.status(of: name).map { $0.st_mode & S_IFMT != S_IFDIR } ?? false
    } catch {
      return true
    }
  }

  private static let remedy = "name a manifest of an embedded image, or a folder of them"

  private static func open(_ path: String) throws(SourceError) -> Place {
    do throws(FileError) {
      let resolved = try EmbeddedFiles.realPath(path)
      guard let status = try FileStatus.ifThere({ stat(resolved, &$0) }) else { throw .missing }
      if status.st_mode & S_IFMT == S_IFDIR {
        return Place(folder: try Folder(path: resolved), path: resolved, manifest: nil)
      }
      guard status.st_mode & S_IFMT == S_IFREG, let slash = resolved.lastIndex(of: "/") else { throw .notAFile }
      let parent = slash == resolved.startIndex ? "/" : String(resolved[..<slash])
      return Place(
        folder: try Folder(path: parent), path: parent, manifest: String(resolved[resolved.index(after: slash)...]))
    } catch {
      throw SourceError(path, error, remedy: remedy)
    }
  }
}
