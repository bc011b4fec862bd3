package import Glibc

/// The host and the port of a socket address, in digits.
///
/// - Parameters:
///   - address: An address of IPv4 or IPv6.
///   - size: Its bytes.
/// - Returns: Both; nil for an address of another kind.
package func numericName(of address: UnsafePointer<sockaddr>, _ size: socklen_t) -> (host: String, port: String)? {
  var host = [CChar](repeating: 0, count: Int(NI_MAXHOST))
  var port = [CChar](repeating: 0, count: Int(NI_MAXSERV))
  let failure = getnameinfo(
    address, size, &host, socklen_t(host.count), &port, socklen_t(port.count), NI_NUMERICHOST | NI_NUMERICSERV)
  guard failure == 0 else { return nil }
  return (String(beforeZero: host), String(beforeZero: port))
}

extension String {
  /// What stands before the zero at the end.
  package init(beforeZero characters: [CChar]) {
    self.init(decoding: characters.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
