/// What a worker answers to ListImages.
public enum ListImagesReply: Sendable, Hashable {
  /// The images asked for, in id order.
  case images(ImageList)
  /// The images are those of the etag that the client named.
  case notModified(etag: String, gaps: ListGaps = ListGaps())

  /// A list, or a page of one.
  public struct ImageList: Sendable, Hashable {
    /// The images, in id order.
    public var images: [Image]
    /// A digest of everything that the worker lists: equal on every worker that holds the same images.
    public var etag: String
    /// Where the page ended, when there are more images than these.
    public var resumption: Digest?
    /// What the list lacks.
    public var gaps: ListGaps

    /// A list of `images`, which are in id order.
    public init(images: [Image], etag: String, resumption: Digest? = nil, gaps: ListGaps = ListGaps()) {
      self.images = images
      self.etag = etag
      self.resumption = resumption
      self.gaps = gaps
    }
  }
}
