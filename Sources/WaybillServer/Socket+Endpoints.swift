package import CurveSecurity
internal import Diagnostics
package import Logging
package import ZeroMQ

extension Socket {
  /// Binds an endpoint and says so.
  package func listen(at address: String, as security: ServerSecurity, _ logger: Logger) throws(ZeroMQError) {
    try security.apply(to: self)
    // Only for an IPv6 address, as an IPv4 address would be shown as a mapped one.
    try set(.ipv6, to: address.contains("["))
    let actual = try bind(address)
    logger.notice("listening", metadata: [LogKey.endpoint: "\(actual)"])
  }
}
