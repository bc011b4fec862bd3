/// CRI's `runtime.v1.ListImagesRequest`, with what waybill adds to it.
public struct ListImagesRequest: Sendable, Hashable {
  /// The reference or the id to look for; empty for every image.
  ///
  /// The other fields of CRI's filter are accepted and do not narrow the list.
  public var image: String
  /// The node whose images to list, as it says them; nil for the images of all.
  public var node: String?
  /// Whether each image is to name the nodes that hold it. Not together with ``node``.
  public var listsNodes: Bool
  /// The etag of the list that the client holds already. Not together with ``resumption``.
  public var ifNoneMatch: String?
  /// The only etag that the list may have; another is an error. With ``resumption`` all pages are of one state.
  public var ifMatch: String?
  /// The most images to list, 1 or more.
  public var limit: Int?
  /// The id where the last page ended: images after it are listed.
  public var resumption: Digest?

  /// A request for `image`, or for every image.
  public init(
    image: String = "", node: String? = nil, listsNodes: Bool = false, ifNoneMatch: String? = nil,
    ifMatch: String? = nil, limit: Int? = nil,
    resumption: Digest? = nil
  ) {
    self.image = image
    self.node = node
    self.listsNodes = listsNodes
    self.ifNoneMatch = ifNoneMatch
    self.ifMatch = ifMatch
    self.limit = limit
    self.resumption = resumption
  }
}
