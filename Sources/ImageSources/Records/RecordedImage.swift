internal import ImageAPI

/// An image as its record and its configuration have it, apart from what its layers say.
struct RecordedImage: Sendable, Hashable {
  /// The image; without a size of its own, that of its big data.
  let image: Image
  /// The topmost layers, of which there may be several or none.
  let layers: [Digest]
  /// Whether the image's size is the store's; else the layers are to be added to it.
  let hasSize: Bool

  /// The image of `record`.
  ///
  /// - Parameters:
  ///   - record: the image's record.
  ///   - id: the digest of the configuration.
  ///   - size: bytes of the whole image, if the store says it.
  ///   - user: whom the configuration names.
  ///   - annotations: of the manifest.
  init(_ record: ImageRecord, id: Digest, size: UInt64?, user: ImageUser, annotations: [String: String] = [:]) {
    var tags: [String] = []
    var digests: [String] = []
    for text in record.names {
      let name = OCIName(text)
      if name.hasDigest { digests.append(text) } else { tags.append(text) }
      guard !name.repository.isEmpty else { continue }
      digests += record.manifests.map { "\(name.repository)@\($0)" }
    }
    image = Image(
      id: id, repoTags: tags, repoDigests: digests, size: size ?? record.bigDataSize, user: user,
      spec: annotations.isEmpty ? nil : ImageSpec(annotations: annotations))
    layers = record.layers
    hasSize = size != nil
  }

  /// What a person knows the image by.
  var displayName: String { image.repoTags.first ?? image.repoDigests.first ?? image.id.description }

  /// The image with its size.
  ///
  /// - Parameter layersSize: bytes of all its layers, uncompressed.
  /// - Returns: nil if the size is more than 64 bits hold.
  func listed(layersSize: UInt64) -> Image? {
    guard !hasSize else { return image }
    var listed = image
    let (size, overflow) = image.size.addingReportingOverflow(layersSize)
    listed.size = size
    return overflow ? nil : listed
  }
}
