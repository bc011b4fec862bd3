package import Connections
package import CurveSecurity
internal import Diagnostics
internal import Glibc
package import Logging
package import ZeroMQ

extension Socket {
  /// Listens at all addresses of an endpoint and says so. They stay bound until the socket closes.
  ///
  /// An address that this machine does not have is passed over where the host has another one.
  ///
  /// - Parameters:
  ///   - text: Where to listen.
  ///   - security: What is asked of those who connect.
  ///   - peers: Who connects, which decides how many descriptors they leave to others.
  ///   - logger: Where to say it.
  /// - Throws: `ZeroMQError` when the endpoint cannot be bound.
  package func listen(
    at text: String, as security: ServerSecurity, for peers: DescriptorLimit.Peers = .clients, _ logger: Logger
  ) throws(ZeroMQError) {
    try security.apply(to: self)
    var port: Substring?
    var failure: ZeroMQError?
    for address in try Self.addresses(listeningAt: text) {
      do throws(ZeroMQError) {
        // One port for all, where the system chooses it.
        let actual = try listen(atAddress: port.map { Self.address(address, withPort: $0) } ?? address)
        port = actual[actual.index(after: actual.lastIndex(of: ":") ?? actual.startIndex)...]
        ConnectionGate.open(at: actual, of: self, logger) { DescriptorLimit.bound(of: peers) }
        logger.notice("listening", metadata: [LogKey.endpoint: "\(actual)"])
      } catch {
        guard error.code == .addressNotAvailable else { throw error }
        failure = error
      }
    }
    if port == nil, let failure { throw failure }
  }

  private func listen(atAddress address: String) throws(ZeroMQError) -> String {
    // Only for an IPv6 address, as an IPv4 address would be shown as a mapped one.
    try set(.ipv6, to: address.contains("["))
    let actual = try bind(address)
    if actual.hasPrefix("ipc://") {
      removeWhenClosing(String(actual.dropFirst("ipc://".count)), withFolder: address == "ipc://*")
    }
    return actual
  }

  /// libzmq leaves the file of an ipc endpoint behind. It is removed if it is still the one that was made just now.
  ///
  /// - Parameters:
  ///   - path: The file.
  ///   - withFolder: Whether libzmq has made a folder for it.
  private func removeWhenClosing(_ path: String, withFolder: Bool) {
    guard !path.hasPrefix("@"), let made = FileIdentity(path) else { return }
    beforeClosing {
      guard FileIdentity(path) == made, unlink(path) == 0, withFolder else { return }
      rmdir(String(path[..<(path.lastIndex(of: "/") ?? path.endIndex)]))
    }
  }

  private struct FileIdentity: Equatable {
    let device: dev_t
    let number: ino_t

    init?(_ path: String) {
      var status = stat()
      guard lstat(path, &status) == 0 else { return nil }
      device = status.st_dev
      number = status.st_ino
    }
  }

  private static func address(_ address: String, withPort port: Substring) -> String {
    address.hasSuffix(":*") || address.hasSuffix(":0")
      ? "\(address[...(address.lastIndex(of: ":") ?? address.startIndex)])\(port)" : address
  }

  private static func addresses(listeningAt text: String) throws(ZeroMQError) -> [String] {
    do throws(EndpointError) {
      return try Endpoint(listeningAt: text).addressesToListen()
    } catch {
      throw ZeroMQError(error, operation: "bind \(text)")
    }
  }

  /// Reads an endpoint to connect to.
  ///
  /// - Throws: `invalidArgument`.
  package static func endpoint(connectingTo text: String) throws(ZeroMQError) -> Endpoint {
    do throws(EndpointError) {
      return try Endpoint(connectingTo: text)
    } catch {
      throw ZeroMQError(error, operation: "connect to \(text)")
    }
  }
}

extension ZeroMQError {
  fileprivate init(_ error: EndpointError, operation: String) {
    self.init(error.mayPass ? .hostUnreachable : .invalidArgument, operation: operation, reason: error.reason)
  }
}
