internal import Glibc

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
      var name = [CChar](repeating: 0, count: Int(NI_MAXHOST))
      guard getnameinfo(entry.ai_addr, entry.ai_addrlen, &name, socklen_t(name.count), nil, 0, NI_NUMERICHOST) == 0
      else { continue }
      let text = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      addresses.insert(EndpointAddress(host: text, port: endpoint[endpoint.index(after: colon)...]))
    }
    return addresses
  }
}
