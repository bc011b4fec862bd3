internal import Foundation
package import ImageAPI

/// Where the inventories of a cluster's nodes are in etcd.
///
///     PREFIX/v1/images/SHA256   an image as it is on the wire, by the digest of these bytes, in hex
///     PREFIX/v1/nodes/NODE      the node's record
package struct ClusterKeys: Sendable {
  /// How all of them begin.
  package let start: [UInt8]

  /// What stands at a key.
  package enum Place: Sendable, Hashable {
    case image(Digest)
    case node(String)
  }

  /// - Parameter prefix: As people write it: `/waybill`.
  package init(prefix: String) {
    start = Array("\(prefix)/v1/".utf8)
  }

  package func key(of place: Place) -> [UInt8] { start + Array(place.description.utf8) }

  /// The key as people read it.
  func text(of place: Place) -> String { String(decoding: key(of: place), as: UTF8.self) }

  /// - Returns: nil for a key that is none of these.
  package func place(of key: some Collection<UInt8>) -> Place? {
    guard key.starts(with: start), let text = String(validating: key.dropFirst(start.count), as: UTF8.self) else {
      return nil
    }
    if text.hasPrefix("images/") {
      let digits = text.dropFirst("images/".count)
      return digits.hasPrefix("sha256:") ? nil : Digest(digits).map { .image($0) }
    }
    guard text.hasPrefix("nodes/") else { return nil }
    let name = String(text.dropFirst("nodes/".count))
    return NodeStatus.isName(name) ? .node(name) : nil
  }
}

extension ClusterKeys.Place: CustomStringConvertible {
  /// The end of its key.
  package var description: String {
    switch self {
    case .image(let digest): "images/\(digest.hex)"
    case .node(let name): "nodes/\(name)"
    }
  }
}
