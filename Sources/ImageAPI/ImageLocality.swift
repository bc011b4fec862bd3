/// Asks on which nodes a pod with some images would start soonest.
public struct ImageLocalityRequest: Sendable, Hashable {
  /// References or ids of images, 1 to ``maxImages``.
  public var images: [String]
  /// The most nodes to list; nil for ``defaultLimit``.
  public var limit: Int?

  /// As many images as one request may name.
  public static let maxImages = 64
  /// As many nodes as are listed unless the request says otherwise.
  public static let defaultLimit = 100

  /// A request for the nodes that hold `images`.
  public init(images: [String], limit: Int? = nil) {
    self.images = images
    self.limit = limit
  }
}

/// Which nodes hold some images already.
public struct ImageLocality: Sendable, Hashable {
  /// One image that was asked for.
  public struct RequestedImage: Sendable, Hashable {
    /// The image as the request names it.
    public var image: String
    /// The id that goes by this name on most nodes; nil where no node holds such an image.
    public var id: Digest?
    /// The bytes of that image.
    public var size: UInt64
    /// How many nodes hold an image of that name.
    public var nodes: Int

    /// An image, by default one that no node holds.
    public init(image: String, id: Digest? = nil, size: UInt64 = 0, nodes: Int = 0) {
      self.image = image
      self.id = id
      self.size = size
      self.nodes = nodes
    }
  }

  /// A node that holds some of the images.
  public struct Node: Sendable, Hashable {
    /// Its name.
    public var name: String
    /// The bytes of those of the images that it holds.
    public var bytes: UInt64
    /// Which of the images it holds: their numbers in the request, from 0 on.
    public var images: [Int]

    /// A node.
    public init(name: String, bytes: UInt64, images: [Int]) {
      self.name = name
      self.bytes = bytes
      self.images = images
    }
  }

  /// The images, in the order of the request.
  public var images: [RequestedImage]
  /// The nodes, most bytes first, then by name.
  public var nodes: [Node]
  /// What the answer lacks.
  public var gaps: ListGaps

  /// An answer.
  public init(images: [RequestedImage], nodes: [Node], gaps: ListGaps = ListGaps()) {
    self.images = images
    self.nodes = nodes
    self.gaps = gaps
  }
}
