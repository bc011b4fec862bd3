internal import ImageAPI

/// An image as its record and its configuration have it, apart from what its layers and other images say.
struct RecordedImage: Sendable, Hashable {
  private let record: ImageRecord
  /// Bytes of the whole image, if the store says it.
  private let size: UInt64?
  private let user: ImageUser
  private let annotations: [String: String]

  /// The image of `record`.
  ///
  /// - Parameters:
  ///   - record: the image's record.
  ///   - size: bytes of the whole image, if the store says it.
  ///   - user: whom the configuration names.
  ///   - annotations: of the manifest.
  init(_ record: ImageRecord, size: UInt64?, user: ImageUser, annotations: [String: String] = [:]) {
    self.record = record
    self.size = size
    self.user = user
    self.annotations = annotations
  }

  /// The names in the record, of which another image may have some by now.
  var names: [String] { record.names }
  /// When the owner began to keep it; nil if the record does not say.
  var loaded: Timestamp? { record.loaded }
  /// The topmost layers, of which there may be several or none.
  var layers: [Digest] { record.layers }
  /// What a person knows the image by.
  var displayName: String { record.names.first ?? record.id.description }

  /// The image as it is listed.
  ///
  /// - Parameters:
  ///   - names: those of its names that it has.
  ///   - layersSize: bytes of all its layers, uncompressed. They are added to the big data where the store does not say the
  ///     size of the image.
  /// - Returns: nil if the size is more than 64 bits hold.
  func listed(named names: [String], layersSize: UInt64) -> Image? {
    let (sum, overflow) = record.bigDataSize.addingReportingOverflow(layersSize)
    guard !overflow || size != nil else { return nil }
    var tags: [String] = []
    var digests: [String] = []
    for text in names {
      let name = OCIName(text)
      if name.hasDigest { digests.append(text) } else { tags.append(text) }
      guard !name.repository.isEmpty else { continue }
      digests += record.manifests.map { "\(name.repository)@\($0)" }
    }
    return Image(
      id: record.id, repoTags: tags, repoDigests: digests, size: size ?? sum, user: user,
      spec: annotations.isEmpty ? nil : ImageSpec(annotations: annotations))
  }
}
