/// Asks which nodes a cluster has.
public struct ListNodesRequest: Sendable, Hashable {
  /// The most nodes to list, 1 or more.
  public var limit: Int?
  /// The name where the last page ended: nodes after it are listed.
  public var resumption: String?
  /// The etag of the list that the client holds already.
  public var ifNoneMatch: String?

  /// A request for every node, or for a page of them.
  public init(limit: Int? = nil, resumption: String? = nil, ifNoneMatch: String? = nil) {
    self.limit = limit
    self.resumption = resumption
    self.ifNoneMatch = ifNoneMatch
  }
}
