internal import Diagnostics
internal import FileReading
internal import ImageAPI

/// What one reading of a manifest found, and what to look at to know whether it still holds.
struct EmbeddedImageFile: Sendable {
  /// The image, or why it is none.
  let contents: Result<Image, ManifestError>
  private let watches: [String: FileWatch]
  /// The layers' files that were hashed.
  let hashes: [String: EmbeddedFiles.Hash]

  /// Why a manifest is not an image's.
  struct ManifestError: Error, Sendable, Hashable {
    /// The file at error.
    let path: String
    /// Which rule it breaks, with which value.
    let reason: String
  }

  /// Whether the manifest must be read again: a file that it needs is not the one that was read.
  var mayHaveChanged: Bool {
    watches.contains { $0.value.mayHaveChanged(to: FileFingerprint(following: $0.key)) }
  }

  /// The path of the manifest's signature: its name with the last suffix replaced.
  static func signature(of name: String) -> String {
    let suffix = name.lastIndex(of: ".").flatMap { $0 == name.startIndex ? nil : $0 }
    return name[..<(suffix ?? name.endIndex)] + ".sgn"
  }

  /// Reads the manifest `name` in `folder`, its signature and its layers.
  ///
  /// The folder's path is `path` when every link in it is resolved. What was found there last, `previous`, stands while a
  /// file is being written, and saves hashing the layers again.
  init(reading name: String, in folder: Folder, path: String, after previous: EmbeddedImageFile?) {
    var files = EmbeddedFiles(folder, path: path, known: previous?.hashes ?? [:])
    var contents: Result<Image, ManifestError>
    do {
      contents = .success(try Self.read(name, &files))
    } catch {
      contents = .failure(error)
    }
    // A manifest and its signature cannot be replaced at once. What is wrong and young is perhaps half of a change.
    if case .failure = contents, case .success? = previous?.contents,
      files.watches.contains(where: { !$0.value.isSettled })
    {
      contents = previous?.contents ?? contents
    }
    self.contents = contents
    watches = files.watches
    hashes = files.hashes
  }

  private static func read(_ name: String, _ files: inout EmbeddedFiles) throws(ManifestError) -> Image {
    let path = "\(files.path)/\(name)"
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try files.read(name, limit: EmbeddedLimits.manifestSize)
    } catch {
      throw ManifestError(path: path, reason: "it \(error.reason)")
    }
    let digest = Digest(sha256Of: bytes)
    do throws(JSONError) {
      let manifest = try EmbeddedManifest(bytes)
      try checkSignature(name, digest, &files)
      for (number, layer) in manifest.layers.enumerated() {
        if number > 0 {
          try files.check(layer, number: number)
        } else if layer.kind == .squashfs, !files.isBlockDevice(layer.pathInHost) {
          throw .content("layers[0].pathInHost \(quoted(layer.pathInHost)) is not a block device")
        }
      }
      return Image(id: digest, repoTags: [manifest.imageName], size: manifest.size)
    } catch {
      throw ManifestError(path: path, reason: error.reason)
    }
  }

  private static func checkSignature(
    _ name: String, _ digest: Digest, _ files: inout EmbeddedFiles
  ) throws(JSONError) {
    let signature = signature(of: name)
    let bytes: [UInt8]
    do throws(FileError) {
      bytes = try files.read(signature, limit: EmbeddedLimits.manifestSize)
    } catch {
      throw .content("its signature \(signature) \(error.reason)")
    }
    guard bytes.count == EmbeddedLimits.signatureSize else {
      throw .content(
        "its signature \(signature) has \(bytes.count) bytes: it must have \(EmbeddedLimits.signatureSize), sha256: "
          + "and 64 hexadecimal digits without a new line")
    }
    guard bytes.elementsEqual(digest.description.utf8) else {
      let said = String(decoding: bytes, as: UTF8.self)
      throw .content("its signature \(signature) is \(quoted(said)), but the manifest is \(digest)")
    }
  }
}
