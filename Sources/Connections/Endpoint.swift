internal import Diagnostics
internal import Glibc
internal import ZeroMQ

/// Where another process is, or comes to: `tcp://HOST:PORT` or `ipc://PATH`.
///
/// Only these two lead to another process and suit the sockets of waybill. libzmq takes text for a port that is none, and
/// of the addresses of a host only one; so the text is read here, and libzmq is given addresses in digits.
package struct Endpoint: Sendable, Hashable {
  package enum Place: Sendable, Hashable {
    /// A name, an address without brackets or, to listen, `*` or an interface; and a number or, to listen, `*`.
    case tcp(host: String, port: String)
    case ipc(path: String)
  }

  package let place: Place
  private let text: String

  /// Reads an endpoint to connect to.
  ///
  /// - Throws: ``EndpointError``, which names the value and says what is right.
  package init(connectingTo text: String) throws(EndpointError) {
    try self.init(text, isToListen: false)
  }

  /// Reads an endpoint to listen at, where `*` is any interface, any free port or any path.
  ///
  /// - Throws: ``EndpointError``, which names the value and says what is right.
  package init(listeningAt text: String) throws(EndpointError) {
    try self.init(text, isToListen: true)
  }

  private init(_ text: String, isToListen: Bool) throws(EndpointError) {
    self.text = text
    guard let scheme = ["tcp://", "ipc://"].first(where: text.hasPrefix), text != scheme, !text.utf8.contains(0) else {
      throw EndpointError(text, "it is not an endpoint: write tcp://HOST:PORT or ipc://PATH")
    }
    let rest = text.dropFirst(scheme.count)
    place = try scheme == "ipc://" ? Self.ipc(rest, in: text) : Self.tcp(rest, in: text, isToListen: isToListen)
  }

  private static func ipc(_ path: Substring, in text: String) throws(EndpointError) -> Place {
    guard path.utf8.count <= maxPathBytes else {
      throw EndpointError(text, "its path has \(path.utf8.count) bytes, and a socket's has \(maxPathBytes) at most")
    }
    return .ipc(path: String(path))
  }

  /// What fits `sockaddr_un`, with the zero at its end.
  private static let maxPathBytes = 107

  private static func tcp(
    _ rest: Substring, in text: String, isToListen: Bool
  ) throws(EndpointError) -> Place {
    guard let colon = rest.lastIndex(of: ":"), !rest[colon...].contains("]") else {
      throw EndpointError(text, "it has no port: write HOST:PORT")
    }
    let host = rest[..<colon]
    let port = rest[rest.index(after: colon)...]
    let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
    let name = isBracketed ? host.dropFirst().dropLast() : host
    guard !name.isEmpty, isBracketed || !name.contains(":") else {
      throw EndpointError(text, "it has no host: write tcp://HOST:PORT, and an IPv6 address in brackets")
    }
    guard isToListen || name != "*" else {
      throw EndpointError(text, "* is every interface, and no host to connect to")
    }
    guard UInt16(port: port).map({ $0 > 0 || isToListen }) ?? (isToListen && port == "*") else {
      throw EndpointError(text, "\(quoted(String(port))) is no port, which is a number from 1 to 65535")
    }
    return .tcp(host: String(name), port: String(port))
  }

  /// The endpoints, in digits, of all the addresses that the host has now, in the system's order.
  ///
  /// May take as long as the system takes to look a name up.
  ///
  /// - Throws: ``EndpointError`` when the host is not known, which may pass.
  package func addresses() throws(EndpointError) -> [String] {
    guard isLookedUp, case .tcp(_, let port) = place else { return [text] }
    return try hosts().map { "tcp://\($0.contains(":") ? "[\($0)]" : $0):\(port)" }
  }

  /// As ``addresses()``, to listen at: the name of an interface stays what it is, as libzmq knows it.
  package func addressesToListen() throws(EndpointError) -> [String] {
    isInterface ? [text] : try addresses()
  }

  /// Whether nobody but this machine reaches the endpoint: it is a path, or all its addresses are loopback's. The name of
  /// an interface, and a host that is not known now, count as a network, as they may have any address.
  package var isLocal: Bool {
    guard case .tcp = place else { return true }
    return !isInterface && (try? hosts())?.allSatisfy(Self.isLoopback) ?? false
  }

  /// The addresses, in digits, of the host of TCP, each once; itself where it is no name.
  private func hosts() throws(EndpointError) -> [String] {
    guard case .tcp(let host, _) = place else { return [] }
    guard isLookedUp else { return [host] }
    var hints = addrinfo()
    hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    var first: UnsafeMutablePointer<addrinfo>?
    let failure = getaddrinfo(host, nil, &hints, &first)
    guard failure == 0 else {
      let reason = failure == EAI_SYSTEM ? String(cString: strerror(errno)) : String(cString: gai_strerror(failure))
      throw EndpointError(text, "the host \(quoted(host)) is not known: \(reason)", mayPass: true)
    }
    defer { freeaddrinfo(first) }
    var hosts: [String] = []
    for case let entry? in sequence(first: first, next: { $0?.pointee.ai_next }) {
      guard let address = entry.pointee.ai_addr, let name = numericName(of: address, entry.pointee.ai_addrlen),
        !hosts.contains(name.host)
      else { continue }
      hosts.append(name.host)
    }
    return hosts
  }

  /// Whether the host is a name. An address of a link, with its interface, is libzmq's to read.
  var isLookedUp: Bool {
    guard case .tcp(let host, _) = place else { return false }
    return host != "*" && !host.contains("%") && Self.bytes(of: host) == nil
  }

  private var isInterface: Bool {
    guard case .tcp(let host, _) = place else { return false }
    return if_nametoindex(host) != 0
  }

  private static func isLoopback(_ host: String) -> Bool {
    guard let bytes = bytes(of: host) else { return false }
    guard bytes.count == 16 else { return bytes[0] == 127 }
    let isMapped = bytes.starts(with: [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff])
    return isMapped ? bytes[12] == 127 : bytes == [UInt8](repeating: 0, count: 15) + [1]
  }

  /// The bytes of an address in digits, 4 or 16; nil for what is none.
  private static func bytes(of host: String) -> [UInt8]? {
    var (four, six) = (in_addr(), in6_addr())
    if inet_pton(AF_INET, host, &four) == 1 { return withUnsafeBytes(of: &four) { Array($0) } }
    if inet_pton(AF_INET6, host, &six) == 1 { return withUnsafeBytes(of: &six) { Array($0) } }
    return nil
  }
}

extension Endpoint: CustomStringConvertible {
  /// The endpoint as it was given.
  package var description: String { text }
}

/// Why text is no endpoint, or leads nowhere now.
package struct EndpointError: Error, Hashable, CustomStringConvertible {
  /// What is wrong, without the endpoint.
  package let reason: String
  private let endpoint: String
  /// Whether another try may find it.
  package let mayPass: Bool

  init(_ endpoint: String, _ reason: String, mayPass: Bool = false) {
    self.endpoint = endpoint
    self.reason = reason
    self.mayPass = mayPass
  }

  /// The endpoint, and what is wrong with it.
  package var description: String { "\(quoted(endpoint)): \(reason)" }
}
