internal import Diagnostics
internal import ImageAPI

/// What containers/storage and iSulad, which took the form over from it, record of an image.
///
/// `names-history`, `created`, `metadata` and all else is not looked at.
struct ImageRecord: Sendable, Hashable {
  let id: Digest
  /// As they are stored, such as `busybox:latest`.
  let names: [String]
  /// The digests of the image's manifests: its own, and those of the indexes that it was pulled through.
  let manifests: [BlobDigest]
  /// The digest of the big data `manifest`, the image's own one; nil if there is none, or the record does not say.
  let manifest: BlobDigest?
  /// Whether there is such big data.
  let hasManifest: Bool
  /// Whether it is a list of images for several platforms, as `buildah manifest` makes it, and no image.
  let isList: Bool
  /// The topmost layer, and copies of it with other owners of the files; none for an image without layers.
  let layers: [Digest]
  /// When iSulad began to keep it; nil if that is not recorded, or no time.
  let loaded: Timestamp?
  /// Bytes of the image as iSulad alone counts them; nil if it has not yet, for which it also writes 0.
  let size: UInt64?
  /// Bytes of the manifest, the configuration and whatever else is kept for the image beside its layers.
  let bigDataSize: UInt64

  private enum Field: String, CaseIterable {
    case id, digest, names, layer, loaded, size
    case mappedLayers = "mapped-layers"
    case bigDataSizes = "big-data-sizes"
    case bigDataDigests = "big-data-digests"
    case bigDataNames = "big-data-names"
  }

  private static let fields = JSONFields<Field>()

  /// Reads a record.
  ///
  /// - Throws: ``JSONError`` if it describes no image.
  init(_ reader: inout JSONReader) throws(JSONError) {
    var id: Digest?
    var names: [String] = []
    var manifests: Set<BlobDigest> = []
    var digest: BlobDigest?
    var manifest: BlobDigest?
    var hasManifest = false
    var isList = false
    var layer: Digest?
    var mappedLayers: [Digest] = []
    var loaded: Timestamp?
    var size: UInt64 = 0
    var bigDataSize: UInt64 = 0
    try reader.object(Self.fields) { reader, field throws(JSONError) in
      switch field {
      case .id:
        id = try Self.hexadecimal(try reader.string("id"), "its id")
      case .digest:
        let text = try reader.string("digest")
        if !text.isEmpty { digest = try Self.manifest(text) }
      case .names:
        try reader.array("names") { reader throws(JSONError) in
          let name = try StoredName.checked(try reader.string("names"))
          guard !name.isEmpty else { throw .content("one of its names is empty") }
          names.append(name)
        }
      case .layer:
        let text = try reader.string("layer")
        if !text.isEmpty { layer = try Self.hexadecimal(text, "its layer") }
      case .mappedLayers:
        try reader.array("mapped-layers") { reader throws(JSONError) in
          mappedLayers.append(try Self.hexadecimal(try reader.string("mapped-layers"), "one of its mapped layers"))
        }
      case .loaded:
        loaded = Timestamp(try reader.string("loaded"))
      case .size:
        size = try reader.size("size")
      case .bigDataSizes:
        for (_, bytes) in try reader.sizeDictionary("big-data-sizes") {
          let (sum, overflow) = bigDataSize.addingReportingOverflow(bytes)
          guard !overflow else { throw .content("the sizes of its big data are more than 64 bits hold") }
          bigDataSize = sum
        }
      case .bigDataDigests:
        for (key, text) in try reader.stringDictionary("big-data-digests") where !text.isEmpty {
          if key == "instances.json" { isList = true }
          guard key.hasPrefix("manifest") else { continue }
          let digest = try Self.manifest(text)
          manifests.insert(digest)
          if key == "manifest" { manifest = digest }
        }
      case .bigDataNames:
        try reader.array("big-data-names") { reader throws(JSONError) in
          let name = try reader.string("big-data-names")
          if name == "manifest" { hasManifest = true }
          if name == "instances.json" { isList = true }
        }
      }
    }
    guard let id else { throw .content("it has no id") }
    if let digest { manifests.insert(digest) }
    // Older writers record the names alone, and the digest as that of the image.
    if hasManifest, manifest == nil { manifest = digest }
    self.id = id
    self.names = names
    self.manifests = manifests.sorted { $0.description < $1.description }
    self.manifest = manifest
    self.hasManifest = hasManifest || manifest != nil
    self.isList = isList
    self.loaded = loaded
    layers = (layer.map { [$0] } ?? []) + mappedLayers
    self.size = size == 0 ? nil : size
    self.bigDataSize = bigDataSize
  }

  /// An id becomes a path, so nothing but the bare 64 digits will do.
  static func hexadecimal(_ text: String, _ what: String) throws(JSONError) -> Digest {
    guard text.utf8.count == 64, let digest = Digest(text) else {
      throw .content("\(what) \(quoted(String(text.prefix(100)))) is not 64 lower-case hexadecimal digits")
    }
    return digest
  }

  private static func manifest(_ text: String) throws(JSONError) -> BlobDigest {
    guard let digest = BlobDigest(Array(text.utf8)[...]) else {
      throw .content("its digest \(quoted(String(text.prefix(100)))) is not a digest")
    }
    return digest
  }
}
