package import CurveSecurity
internal import Diagnostics
package import Logging
package import ZeroMQ

extension Socket {
  /// Binds an endpoint and says so. The endpoint stays bound until the socket closes.
  ///
  /// - Parameters:
  ///   - address: Where to bind.
  ///   - security: What is asked of those who connect.
  ///   - peers: Who connects, which decides how many descriptors they leave to others.
  ///   - logger: Where to say it.
  /// - Throws: `ZeroMQError` when the endpoint cannot be bound.
  package func listen(
    at address: String, as security: ServerSecurity, for peers: DescriptorLimit.Peers = .clients, _ logger: Logger
  ) throws(ZeroMQError) {
    try security.apply(to: self)
    // Only for an IPv6 address, as an IPv4 address would be shown as a mapped one.
    try set(.ipv6, to: address.contains("["))
    let actual = try bind(address)
    ConnectionGate.open(at: actual, of: self, logger) { DescriptorLimit.bound(of: peers) }
    logger.notice("listening", metadata: [LogKey.endpoint: "\(actual)"])
  }
}
