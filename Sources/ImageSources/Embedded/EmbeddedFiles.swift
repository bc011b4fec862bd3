internal import Diagnostics
internal import FileReading
internal import Glibc
internal import ImageAPI

/// The files of one embedded image: reads them, and notes what it has looked at.
///
/// Layers are hashed once and remembered for as long as their fingerprints stay what they were.
struct EmbeddedFiles {
  /// The digest of a layer's file.
  struct Hash: Sendable {
    let digest: Digest
    let watch: FileWatch
  }

  /// The manifest, by absolute path.
  let manifest: String
  /// The manifest's folder, every link in its path resolved.
  private let path: String
  private let folder: Folder
  private let known: [String: Hash]
  /// All that was looked at, by absolute path, links followed.
  private(set) var watches: [String: FileWatch] = [:]
  /// The layers that were hashed, by absolute path.
  private(set) var hashes: [String: Hash] = [:]

  /// The files of the manifest `name` in `folder`, whose path is `path` when every link in it is resolved; `known` was
  /// hashed before.
  init(_ name: String, in folder: Folder, path: String, known: [String: Hash]) {
    manifest = "\(path)/\(name)"
    self.folder = folder
    self.path = path
    self.known = known
  }

  /// Reads the file `name` beside the manifest, or the manifest.
  mutating func read(_ name: String, limit: Int) throws(FileError) -> [UInt8] {
    let file = "\(path)/\(name)"
    watch(file)
    let (bytes, watch) = try folder.readStable(name, limit: limit)
    watches[file] = watch
    return bytes
  }

  /// The error for a manifest that is wrong, or cannot be checked because of `cause`.
  func error(_ reason: String, cause: FileError? = nil) -> ReadingError {
    let watch = watches[manifest] ?? FileWatch(unsettled: nil)
    return ReadingError(
      manifest, reason, watch: cause.map { watch.retrying(after: $0) } ?? watch, cause: cause)
  }

  /// Whether `path` leads to a block device.
  mutating func isBlockDevice(_ path: String) throws(FileError) -> Bool {
    watch(path)
    return try FileStatus.ifThere { stat(path, &$0) }.map { $0.st_mode & S_IFMT == S_IFBLK } ?? false
  }

  /// Checks the file or folder of a layer above the lowest.
  ///
  /// - Throws: ``ReadingError`` that says which rule it breaks, and with which value.
  mutating func check(_ layer: EmbeddedLayer, number: Int) throws(ReadingError) {
    let shown = "layers[\(number)].pathInHost \(quoted(layer.pathInHost))"
    let file = try resolve(layer.pathInHost, shown)
    let found: Digest?
    do {
      found = try inspect(layer, at: file)
    } catch {
      throw self.error("\(shown) \(error.reason)", cause: error)
    }
    if let digest = layer.digest, let found, found != digest {
      throw error("layers[\(number)].digest is \(digest), but that of \(quoted(layer.pathInHost)) is \(found)")
    }
  }

  /// The path of a layer with every link in it resolved.
  ///
  /// - Throws: ``ReadingError`` if there is nothing, or it is not in the manifest's folder.
  private mutating func resolve(_ relative: String, _ shown: String) throws(ReadingError) -> String {
    let outside = "\(shown) leads out of the folder of the manifest"
    var depth = 0
    for component in relative.split(separator: "/") where component != "." {
      depth += component == ".." ? -1 : 1
      guard depth >= 0 else { throw error(outside) }
    }
    let joined = "\(path)/\(relative)"
    watch(joined)
    let resolved: String
    do {
      resolved = try Self.realPath(joined)
    } catch {
      throw self.error("\(shown) \(error.unresolved)", cause: error)
    }
    guard resolved == path || resolved.hasPrefix(path == "/" ? "/" : path + "/") else { throw error(outside) }
    return resolved
  }

  /// Opens what a layer is, one folder after another and following no link, as a link may have been put there since the
  /// path was resolved.
  ///
  /// - Returns: the digest of the file, where the layer has one.
  private mutating func inspect(_ layer: EmbeddedLayer, at file: String) throws(FileError) -> Digest? {
    var components = file.dropFirst(path.utf8.count).split(separator: "/").map(String.init)
    let last = layer.kind == .squashfs ? components.popLast() : nil
    var place = folder
    for component in components { place = try Folder(component, in: place) }
    guard layer.kind == .squashfs else { return nil }
    guard let last else { throw .notAFile }
    if let hash = known[file] ?? hashes[file], !hash.watch.mayHaveChanged(to: try place.fingerprint(of: last)) {
      hashes[file] = hash
      return hash.digest
    }
    let opened = FileFingerprint.now()
    let open = try OpenFile(last, in: place)
    guard layer.digest != nil else { return nil }
    let digest = Digest(try open.digest())
    hashes[file] = Hash(digest: digest, watch: FileWatch(open.fingerprint, opened: opened))
    return digest
  }

  /// Notes what `path` is, links followed. If that cannot be told, it must be looked at again.
  private mutating func watch(_ path: String) {
    let now = FileFingerprint.now()
    do {
      watches[path] = FileWatch(try FileFingerprint.following(path), opened: now)
    } catch {
      watches[path] = FileWatch(unsettled: nil).retrying(after: error)
    }
  }

  /// `path` with every link in it resolved.
  ///
  /// - Throws: ``FileError`` if it leads to nothing, or the operating system does not say where.
  static func realPath(_ path: String) throws(FileError) -> String {
    guard let resolved = realpath(path, nil) else { throw FileError(errno: errno) }
    defer { free(resolved) }
    guard let text = String(validatingCString: resolved) else { throw .missing }
    return text
  }
}

extension FileError {
  /// The reason why a path leads to nothing: its links are followed, so one that is met too often is a circle.
  fileprivate var unresolved: String {
    self == .symbolicLink ? "leads through symbolic links without end" : reason
  }
}
