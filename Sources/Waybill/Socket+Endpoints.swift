internal import Logging
internal import ZeroMQ

extension Socket {
  /// Binds an endpoint and says so.
  func listen(at address: String, _ logger: Logger) throws(ZeroMQError) {
    // Only where it is asked for, as an IPv4 address would be shown as a mapped one.
    try set(.ipv6, to: address.contains("["))
    let actual = try bind(address)
    logger.notice("listening", metadata: [LogKey.endpoint: "\(actual)"])
  }

  /// Binds and connects to a worker's endpoints; those of brokers are none of this socket's.
  func open(_ endpoints: [WorkerConfiguration.Endpoint], _ logger: Logger) throws(ZeroMQError) {
    for endpoint in endpoints {
      switch endpoint {
      case .bind(let address): try listen(at: address, logger)
      case .connect(let address):
        try set(.ipv6, to: true)
        try connect(address)
        logger.notice("connecting", metadata: [LogKey.endpoint: "\(address)"])
      case .broker: break
      }
    }
  }
}
