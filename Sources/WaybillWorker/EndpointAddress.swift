internal import Glibc
internal import WaybillServer

/// Where a TCP endpoint leads.
struct EndpointAddress: Hashable {
  /// An IPv6 address, or an IPv4 address mapped into one.
  private let host: String
  private let port: Substring

  /// Every address of an endpoint's host; none where the endpoint is not of TCP, or its host is not known.
  static func all(of endpoint: String) -> Set<EndpointAddress> {
    guard endpoint.hasPrefix("tcp://"), let colon = endpoint.lastIndex(of: ":") else { return [] }
    let host = endpoint[..<colon].dropFirst("tcp://".count).filter { $0 != "[" && $0 != "]" }
    var hints = addrinfo()
    hints.ai_family = AF_INET6
    hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_V4MAPPED | AI_ALL
    var first: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, nil, &hints, &first) == 0 else { return [] }
    defer { freeaddrinfo(first) }
    var addresses: Set<EndpointAddress> = []
    for entry in sequence(first: first, next: { $0?.pointee.ai_next }) {
      guard let entry = entry?.pointee else { break }
      guard let address = entry.ai_addr, let name = numericName(of: address, entry.ai_addrlen) else { continue }
      addresses.insert(EndpointAddress(host: name.host, port: endpoint[endpoint.index(after: colon)...]))
    }
    return addresses
  }
}
