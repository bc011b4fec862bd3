/// What a worker answers when asked for the nodes.
public enum ListNodesReply: Sendable, Hashable {
  /// The nodes.
  case nodes(NodeList)
  /// The nodes are those that the client holds already.
  case notModified(etag: String, gaps: ListGaps)
}

/// Nodes, by their names in order.
public struct NodeList: Sendable, Hashable {
  /// The nodes.
  public var nodes: [NodeStatus]
  /// A digest of all nodes with their states and inventories.
  public var etag: String
  /// The last node's name, when there are more nodes than these.
  public var resumption: String?
  /// What the list lacks.
  public var gaps: ListGaps

  /// A list of `nodes`, which are in the order of their names.
  public init(nodes: [NodeStatus], etag: String, resumption: String? = nil, gaps: ListGaps = ListGaps()) {
    self.nodes = nodes
    self.etag = etag
    self.resumption = resumption
    self.gaps = gaps
  }
}
