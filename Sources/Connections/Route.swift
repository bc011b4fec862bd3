internal import Concurrency
package import CurveSecurity
package import ZeroMQ

/// One way to a server: an address of its endpoint, and a key that it may have.
package struct Route: Sendable, Hashable {
  /// An endpoint in digits.
  package let address: String
  private let security: ClientSecurity
  private let serverKey: String?

  /// Connects a socket. There may be nobody at the address yet.
  ///
  /// - Throws: `ZeroMQError` for keys or an address that libzmq does not take.
  package func connect(_ socket: borrowing Socket) throws(ZeroMQError) {
    // Only for an IPv6 address, as an IPv4 address would be shown as a mapped one.
    try socket.set(.ipv6, to: address.contains("["))
    try security.apply(to: socket, serverKey: serverKey)
    try socket.connect(address)
  }

  fileprivate init(address: String, security: ClientSecurity, serverKey: String?) {
    self.address = address
    self.security = security
    self.serverKey = serverKey
  }
}

extension Endpoint {
  /// All ways to the server that there are now, to be tried in turn. Names are looked up and keys are read anew.
  ///
  /// - Parameter security: What this end knows of the server, and how it proves who it is.
  /// - Returns: One way at least.
  /// - Throws: ``RouteError`` when the host is not known or no key can be read, either of which may pass.
  package func routes(as security: ClientSecurity) throws(RouteError) -> [Route] {
    let (addresses, keys): ([String], [String?])
    do throws(EndpointError) { addresses = try self.addresses() } catch { throw .endpoint(error) }
    do throws(SecurityError) { keys = try security.serverKeys() } catch { throw .security(error) }
    return keys.flatMap { key in
      addresses.map { Route(address: $0, security: security, serverKey: key) }
    }
  }
}

extension Endpoint {
  /// As ``routes(as:)``, for a thread that must not wait as long as the system may take to look a name up.
  ///
  /// - Parameters:
  ///   - security: As in ``routes(as:)``.
  ///   - isOver: Asked each 20 ms; true ends the wait.
  /// - Returns: One way at least; nil when the wait was over first.
  /// - Throws: ``RouteError``.
  package func routes(as security: ClientSecurity, until isOver: () -> Bool) throws(RouteError) -> [Route]? {
    guard isLookedUp else { return try routes(as: security) }
    let found = Lock<Result<[Route], RouteError>?>(nil)
    let isFound = Latch()
    let thread = NamedThread("waybill-lookup") {
      let result = Result { () throws(RouteError) in try routes(as: security) }
      found.withLock { $0 = result }
      isFound.open()
    }
    guard thread != nil else {
      throw .endpoint(
        EndpointError(description, "it cannot be looked up: the system has no thread left", mayPass: true))
    }
    while !isFound.wait(atMost: .milliseconds(20)) {
      if isOver() { return nil }
    }
    return try found.withLock { $0 }?.get()
  }
}

/// Why there is no way to a server just now.
package enum RouteError: Error, CustomStringConvertible {
  case endpoint(EndpointError)
  case security(SecurityError)

  package var description: String {
    switch self {
    case .endpoint(let error): error.description
    case .security(let error): error.description
    }
  }
}
