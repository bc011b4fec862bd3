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

  package func key(of place: Place) -> [UInt8] {
    switch place {
    case .image(let digest): start + Array("images/\(digest.hex)".utf8)
    case .node(let name): start + Array("nodes/\(name)".utf8)
    }
  }

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
    return Self.isNodeName(name) ? .node(name) : nil
  }

  /// Whether it is a name that Kubernetes gives to nodes: a subdomain of RFC 1123.
  package static func isNodeName(_ name: String) -> Bool {
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
