/// One image, as CRI's `runtime.v1.Image` has it.
public struct Image: Sendable, Hashable {
  /// The digest of the image's configuration.
  public var id: Digest
  /// The tagged names, sorted, without duplicates; empty for an untagged image.
  public private(set) var repoTags: [String]
  /// The names with `@digest`, sorted, without duplicates.
  public private(set) var repoDigests: [String]
  /// Bytes on disk, as the source knows it.
  public var size: UInt64
  /// CRI's `uid` and `username`.
  public var user: ImageUser
  /// What the source says beyond the image's names: the annotations of its manifest.
  public var spec: ImageSpec?
  /// Whether a kubelet must never remove the image to free space.
  public var pinned: Bool
  /// The names of the nodes that hold the image, sorted; nil where the request did not ask for them.
  public var nodes: [String]?

  /// An image with its names in any order: they are sorted, and duplicates dropped.
  public init(
    id: Digest,
    repoTags: some Sequence<String> = [],
    repoDigests: some Sequence<String> = [],
    size: UInt64 = 0,
    user: ImageUser = .unspecified,
    spec: ImageSpec? = nil,
    pinned: Bool = false,
    nodes: [String]? = nil
  ) {
    self.id = id
    self.repoTags = Self.normalised(Array(repoTags))
    self.repoDigests = Self.normalised(Array(repoDigests))
    self.size = size
    self.user = user
    self.spec = spec
    self.pinned = pinned
    self.nodes = nodes
  }

  /// The image as two sources know it. Names are united; other values are those of this image, or of the other one where
  /// this one has none.
  public func united(with other: Image) -> Image {
    Image(
      id: id,
      repoTags: repoTags + other.repoTags,
      repoDigests: repoDigests + other.repoDigests,
      size: size,
      user: user == .unspecified ? other.user : user,
      spec: spec ?? other.spec,
      pinned: pinned || other.pinned)
  }

  /// The image under the names of another, too. All other values are its own.
  package func named(also other: Image) -> Image {
    Image(
      id: id, repoTags: repoTags + other.repoTags, repoDigests: repoDigests + other.repoDigests, size: size, user: user,
      spec: spec, pinned: pinned)
  }

  private static func normalised(_ names: [String]) -> [String] {
    guard names.count > 1 else { return names }
    var sorted: [String] = []
    for name in names.sorted(by: { $0.precedes($1) })
    where !(sorted.last?.hasSameBytes(as: name) ?? false) {
      sorted.append(name)
    }
    return sorted
  }
}
