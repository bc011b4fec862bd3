package import ImageAPI

/// What is new about a node of a cluster.
package struct NodeChange: Sendable {
  package enum Kind: Sendable {
    /// It holds these images, in the order of their ids, which are different, and no others.
    case holds([HeldImage])
    /// Its newest record is not whole: what it held stands.
    case syncing
    /// It has no record any more.
    case gone
  }

  package var node: String
  package var kind: Kind
  /// What the node's own reading lacks.
  package var gaps: ListGaps

  package init(_ node: String, _ kind: Kind, gaps: ListGaps = ListGaps()) {
    self.node = node
    self.kind = kind
    self.gaps = gaps
  }
}
