internal import Connections

/// Where a member of an etcd cluster listens for clients.
package struct EtcdEndpoint: Sendable, Hashable {
  /// A name, or an address in digits, without brackets.
  package let host: String
  package let port: Int

  package init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Parses `HOST:PORT`, an IPv6 address in brackets.
  package init?(_ text: some StringProtocol) {
    guard !text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7f }),
      case .tcp(let host, let port)? = (try? Endpoint(connectingTo: "tcp://\(text)"))?.place, let number = Int(port)
    else { return nil }
    self.init(host: host, port: number)
  }
}

extension EtcdEndpoint: CustomStringConvertible {
  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
