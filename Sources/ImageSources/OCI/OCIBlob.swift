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
    /// Bytes of the manifest itself.
    let manifestSize: UInt64
    /// Bytes of the configuration and the layers.
    let size: UInt64
    let user: ImageUser
    let annotations: [String: String]
    /// The file of the configuration, where that is not named by the id.
    let otherConfig: String?
  }

  /// Bytes of the blob itself, nil if it could not be read.
  var size: UInt64? {
    switch self {
    case .image(let facts): facts.manifestSize
    case .artifact(let size), .index(_, let size): size
    case .failed: nil
    }
  }

  /// Why the blob could not be read, if it could not.
  var error: ReadingError? {
    if case .failed(let error) = self { error } else { nil }
  }
}
