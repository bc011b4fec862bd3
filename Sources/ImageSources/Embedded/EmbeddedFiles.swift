internal import Diagnostics
internal import FileReading
internal import Glibc
internal import ImageAPI

/// The files of one embedded image: reads them, and notes what it has looked at.
///
/// Layers are hashed once and remembered for as long as their stamps stay what they were.
struct EmbeddedFiles {
  /// The digest of a layer's file.
  struct Hash: Sendable {
    let digest: Digest
    let watch: FileWatch
  }

  /// The manifest's folder, every link in its path resolved.
  let path: String
  private let folder: Folder
  private let known: [String: Hash]
  /// All that was looked at, by absolute path, links followed.
  private(set) var watches: [String: FileWatch] = [:]
  /// The layers that were hashed, by absolute path.
  private(set) var hashes: [String: Hash] = [:]

  /// The files of `folder`, whose path is `path` when every link in it is resolved; `known` was hashed before.
  init(_ folder: Folder, path: String, known: [String: Hash]) {
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

  /// Whether `path` leads to a block device.
  mutating func isBlockDevice(_ path: String) -> Bool {
    var status = stat()
    watch(path)
    return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFBLK
  }

  /// Checks the file or folder of a layer above the lowest.
  ///
  /// - Throws: ``JSONError`` that says which rule it breaks, and with which value.
  mutating func check(_ layer: EmbeddedLayer, number: Int) throws(JSONError) {
    let shown = "layers[\(number)].pathInHost \(quoted(layer.pathInHost))"
    let file = try resolve(layer.pathInHost, shown)
    let found: Digest?
    do {
      found = try inspect(layer, at: file)
    } catch {
      throw .content("\(shown) \(error.reason)")
    }
    if let digest = layer.digest, let found, found != digest {
      throw .content("layers[\(number)].digest is \(digest), but that of \(quoted(layer.pathInHost)) is \(found)")
    }
  }

  /// The path of a layer with every link in it resolved.
  ///
  /// - Throws: ``JSONError`` if there is nothing, or it is not in the manifest's folder.
  private mutating func resolve(_ relative: String, _ shown: String) throws(JSONError) -> String {
    let outside = JSONError.content("\(shown) leads out of the folder of the manifest")
    var depth = 0
    for component in relative.split(separator: "/") where component != "." {
      depth += component == ".." ? -1 : 1
      guard depth >= 0 else { throw outside }
    }
    let joined = "\(path)/\(relative)"
    watch(joined)
    guard let resolved = Self.realPath(joined) else {
      throw .content("\(shown) \(FileError(errno: errno).unresolved)")
    }
    guard resolved == path || resolved.hasPrefix(path == "/" ? "/" : path + "/") else { throw outside }
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
    guard layer.digest != nil else {
      _ = try place.prefix(of: last, count: 0)
      return nil
    }
    if let hash = known[file] ?? hashes[file], !hash.watch.mayHaveChanged(to: place.stamp(last)) {
      hashes[file] = hash
      return hash.digest
    }
    let opened = FileFingerprint.now()
    let (hash, stamp) = try place.digest(of: last)
    let digest = Digest(hash)
    hashes[file] = Hash(digest: digest, watch: FileWatch(stamp, opened: opened))
    return digest
  }

  /// Notes what `path` is, links followed.
  private mutating func watch(_ path: String) {
    watches[path] = FileWatch(FileFingerprint(following: path), opened: FileFingerprint.now())
  }

  /// `path` with every link in it resolved; nil, and `errno` set, if it leads to nothing.
  static func realPath(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(validatingCString: resolved)
  }
}

extension FileError {
  /// The reason why a path leads to nothing: its links are followed, so one that is met too often is a circle.
  fileprivate var unresolved: String {
    self == .symbolicLink ? "leads through symbolic links without end" : reason
  }
}
