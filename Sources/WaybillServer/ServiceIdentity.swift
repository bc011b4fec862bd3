internal import Connections
internal import Foundation
internal import Glibc

/// Which process of which node answers, so that one knows behind a broker whom one asked.
package struct ServiceIdentity: Sendable, Hashable {
  /// The node's name.
  package let node: String
  /// Eight hexadecimal digits, others in each process.
  package let instance: String

  /// - Parameter node: The node's name; nil is the host's, in lower case, as Kubernetes names a node.
  package init(node: String? = nil) {
    self.node = node ?? Self.hostName.lowercased()
    instance = String(format: "%08x", UInt32.random(in: .min ... .max))
  }

  private static var hostName: String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
    return String(beforeZero: name)
  }
}
