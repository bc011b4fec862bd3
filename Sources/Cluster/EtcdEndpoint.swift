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
    guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]), port > 0 else {
      return nil
    }
    let host = text[..<colon]
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
    let name = isBracketed ? String(host.dropFirst().dropLast()) : String(host)
    guard !name.isEmpty, isBracketed || !name.contains(":"), !name.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7f })
    else { return nil }
    self.init(host: name, port: Int(port))
  }
}

extension EtcdEndpoint: CustomStringConvertible {
  package var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
