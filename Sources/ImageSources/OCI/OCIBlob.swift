internal import FileReading
internal import ImageAPI

/// A manifest or nested index, as it is remembered once it has been read and its digest checked.
///
/// A blob is named by its digest, so what was read once holds for as long as the layout names it. Images are kept in
/// place, and what is rare is kept elsewhere, so that 100,000 images take no more memory than they must.
enum OCIBlob: Sendable {
  /// A container image.
  case image(Facts)
  /// An artifact, of this size in bytes.
  case artifact(size: UInt64)
  /// A nested index, of this size in bytes.
  indirect case index(OCIIndex, size: UInt64)
  /// Not readable, for now.
  indirect case failed(ReadingError)

  /// Names the blob: one that is read as a manifest here and as an index there is two.
  struct Key: Sendable, Hashable {
    let digest: BlobDigest
    let isIndex: Bool

    /// The key of an image's manifest.
    init(manifest digest: BlobDigest) {
      self.digest = digest
      isIndex = false
    }

    /// Nil if the descriptor is of something else than a manifest or an index.
    init?(_ descriptor: OCIDescriptor) {
      switch descriptor.mediaType {
      case .index: isIndex = true
      case .manifest, .dockerManifest: isIndex = false
      case .imageConfig, .statement, .other: return nil
      }
      digest = descriptor.digest
    }
  }

  /// An image apart from its names: what its manifest and its configuration say.
  struct Facts: Sendable {
    /// The SHA-256 of the configuration, even where the manifest names that by another digest: the image has the same
    /// id wherever it is.
    let id: Digest
    /// Bytes of the configuration and the layers.
    let size: UInt64
    let user: ImageUser
    /// Bytes of the manifest itself, at most ``OCILimits/blobSize``.
    let manifestSize: UInt32
    private let rest: Rest?

    /// What few images have.
    private final class Rest: Sendable {
      let annotations: [String: String]
      let otherConfig: String?

      init(_ annotations: [String: String], _ otherConfig: String?) {
        self.annotations = annotations
        self.otherConfig = otherConfig
      }
    }

    init(
      id: Digest, manifestSize: UInt32, size: UInt64, user: ImageUser, annotations: [String: String],
      otherConfig: String?
    ) {
      self.id = id
      self.manifestSize = manifestSize
      self.size = size
      self.user = user
      rest = annotations.isEmpty && otherConfig == nil ? nil : Rest(annotations, otherConfig)
    }

    var annotations: [String: String] { rest?.annotations ?? [:] }
    /// The file of the configuration, where that is not named by the id.
    var otherConfig: String? { rest?.otherConfig }
  }

  /// Bytes of the blob itself, nil if it could not be read.
  var size: UInt64? {
    switch self {
    case .image(let facts): UInt64(facts.manifestSize)
    case .artifact(let size), .index(_, let size): size
    case .failed: nil
    }
  }

  /// Why the blob could not be read, if it could not.
  var error: ReadingError? {
    if case .failed(let error) = self { error } else { nil }
  }
}
