internal import Diagnostics
internal import FileReading
internal import ImageAPI

/// A manifest of an embedded image with all that it needs, as it was last read.
struct EmbeddedImageFile: Sendable {
  private var manifest = RememberedFile<Image>()
  /// The layers' files that were hashed, by absolute path.
  private var hashes: [String: EmbeddedFiles.Hash] = [:]

  /// The image; nil if there is none that can be read.
  var image: Image? { manifest.value }
  /// Why there is no image: the file at fault, by absolute path, and which rule it breaks, with which value.
  var error: ReadingError? { manifest.value == nil ? manifest.error : nil }
  /// Why the image is perhaps not what is there now.
  var standingFault: ReadingError? { manifest.standingFault }

  /// Whether the manifest at `path` must be read again: a file that it needs is not the one that was read.
  func mayHaveChanged(_ path: String) -> Bool { manifest.mayHaveChanged(path, FileFingerprint.following) }

  /// Whether `other` says the same.
  func saysTheSame(as other: EmbeddedImageFile?) -> Bool {
    image == other?.image && error?.says == other?.error?.says && standingFault?.says == other?.standingFault?.says
  }

  /// The path of the manifest's signature: its name with the last suffix replaced.
  static func signature(of name: String) -> String {
    let suffix = name.lastIndex(of: ".").flatMap { $0 == name.startIndex ? nil : $0 }
    return name[..<(suffix ?? name.endIndex)] + ".sgn"
  }

  /// Reads the manifest `name` in `folder`, its signature and its layers.
  ///
  /// The folder's path is `path` when every link in it is resolved. A manifest and its signature cannot be replaced at once:
  /// while one of them is young, what was last read stands, as ``RememberedFile`` says.
  ///
  /// - Throws: ``ReadingError`` if this process or the machine is out of descriptors or memory.
  mutating func update(_ name: String, in folder: Folder, path: String) throws(ReadingError) {
    var files = EmbeddedFiles(name, in: folder, path: path, known: hashes)
    defer { hashes = files.hashes }
    try manifest.update { _, others throws(ReadingError) in
      defer { others = files.watches }
      let image = try Self.read(name, &files)
      return (image, files.watches[files.manifest] ?? FileWatch(unsettled: nil))
    }
  }

  private static func read(_ name: String, _ files: inout EmbeddedFiles) throws(ReadingError) -> Image {
    let bytes: [UInt8]
    do {
      bytes = try files.read(name, limit: EmbeddedLimits.manifestSize)
    } catch {
      throw files.error("it \(error.reason)", cause: error)
    }
    let digest = Digest(sha256Of: bytes)
    let manifest: EmbeddedManifest
    do {
      manifest = try EmbeddedManifest(bytes)
    } catch {
      throw files.error(error.reason)
    }
    try checkSignature(name, digest, &files)
    for (number, layer) in manifest.layers.enumerated() {
      if number > 0 {
        try files.check(layer, number: number)
      } else if layer.kind == .squashfs {
        try checkDevice(layer.pathInHost, &files)
      }
    }
    return Image(id: digest, repoTags: [manifest.imageName], size: manifest.size)
  }

  private static func checkDevice(_ path: String, _ files: inout EmbeddedFiles) throws(ReadingError) {
    let shown = "layers[0].pathInHost \(quoted(path))"
    let isDevice: Bool
    do {
      isDevice = try files.isBlockDevice(path)
    } catch {
      throw files.error("\(shown) \(error.reason)", cause: error)
    }
    guard isDevice else { throw files.error("\(shown) is not a block device") }
  }

  private static func checkSignature(
    _ name: String, _ digest: Digest, _ files: inout EmbeddedFiles
  ) throws(ReadingError) {
    let signature = signature(of: name)
    let bytes: [UInt8]
    do {
      bytes = try files.read(signature, limit: EmbeddedLimits.manifestSize)
    } catch {
      throw files.error("its signature \(signature) \(error.reason)", cause: error)
    }
    guard bytes.count == EmbeddedLimits.signatureSize else {
      throw files.error(
        "its signature \(signature) has \(bytes.count) bytes: it must have \(EmbeddedLimits.signatureSize), sha256: "
          + "and 64 hexadecimal digits without a new line")
    }
    guard bytes.elementsEqual(digest.description.utf8) else {
      let said = String(decoding: bytes, as: UTF8.self)
      throw files.error("its signature \(signature) is \(quoted(said)), but the manifest is \(digest)")
    }
  }
}
