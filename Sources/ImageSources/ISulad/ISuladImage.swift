internal import ImageAPI

/// An image of iSulad's OCI store, apart from what its layers say.
struct ISuladImage: Sendable, Hashable {
  /// The image, its size missing where iSulad has not counted it.
  let image: Image
  /// The topmost layer.
  let layer: Digest?
  /// Whether the image's size is the store's; else the layers are to be added to it.
  let hasSize: Bool

  /// The image of `record`, whose configuration says `user`.
  init(_ record: ISuladRecord, user: ImageUser) {
    var tags: [String] = []
    var digests: [String] = []
    for text in record.names {
      let name = OCIName(text)
      if name.hasDigest { digests.append(text) } else { tags.append(text) }
      guard !name.repository.isEmpty else { continue }
      digests += record.manifests.map { "\(name.repository)@\($0)" }
    }
    image = Image(
      id: record.id, repoTags: tags, repoDigests: digests, size: record.size ?? record.bigDataSize, user: user)
    layer = record.layer
    hasSize = record.size != nil
  }

  /// What a person knows the image by.
  var shown: String { image.repoTags.first ?? image.repoDigests.first ?? image.id.description }

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
