/// What is known of a node of the cluster.
public struct NodeStatus: Sendable, Hashable {
  /// Whether the node's inventory is known, and is its newest.
  public enum State: String, Sendable, CaseIterable {
    /// Its images are those of its newest record.
    case current
    /// Its newest record names an image that is not there yet, or cannot be read: its images are those of the last one
    /// that was whole, or none when there was no such one.
    case syncing
    /// It has no record any more. Its images are not listed.
    case gone
  }

  /// Its name.
  public var name: String
  /// Whether its inventory is known.
  public var state: State
  /// How many images of it are listed.
  public var images: Int
  /// A digest of its images: that of a list of them alone. Empty while nothing is listed of it.
  public var etag: String
  /// Seconds since it said something new, or since it went, as the worker that answers saw it.
  public var age: UInt64
  /// What its own reading lacks.
  public var gaps: ListGaps

  /// A status.
  public init(
    name: String, state: State, images: Int = 0, etag: String = "", age: UInt64 = 0, gaps: ListGaps = ListGaps()
  ) {
    self.name = name
    self.state = state
    self.images = images
    self.etag = etag
    self.age = age
    self.gaps = gaps
  }
}

extension NodeStatus {
  /// Whether it is a name that Kubernetes gives to nodes: a subdomain of RFC 1123.
  package static func isName(_ name: String) -> Bool {
    func isLetterOrDigit(_ byte: UInt8) -> Bool {
      (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
    let labels = name.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    return (1...253).contains(name.utf8.count)
      && labels.allSatisfy { label in
        guard let first = label.first, let last = label.last else { return false }
        return isLetterOrDigit(first) && isLetterOrDigit(last)
          && label.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
      }
  }
}
