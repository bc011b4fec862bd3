internal import CurveSecurity
internal import Diagnostics
internal import Logging
internal import WaybillServer
internal import ZeroMQ

/// The endpoints of a worker on the socket of one thread, except those of brokers: who is let in there, and which
/// connections have to be made again.
final class WorkerEndpoints {
  let authenticator: ZAPAuthenticator
  private let configuration: WorkerConfiguration
  private let logger: Logger
  private var monitor: ConnectionMonitor?

  /// Made before the socket, and closed after it.
  init(_ configuration: WorkerConfiguration, in context: Context, logger: Logger) throws(ZeroMQError) {
    authenticator = try ZAPAuthenticator(configuration.security, in: context, logger: logger)
    self.configuration = configuration
    self.logger = logger
  }

  /// Binds and connects to the endpoints.
  func open(on socket: borrowing Socket) throws(ZeroMQError) {
    let addresses = configuration.endpoints.compactMap { if case .connect(let address) = $0 { address } else { nil } }
    if !addresses.isEmpty || configuration.security != .none {
      monitor = ConnectionMonitor(try socket.monitor(), addresses: addresses, logger: logger)
    }
    for endpoint in configuration.endpoints {
      switch endpoint {
      case .bind(let address): try socket.listen(at: address, as: configuration.security, logger)
      case .connect(let address):
        try connect(socket, to: address)
        logger.notice("connecting", metadata: [LogKey.endpoint: "\(address)"])
      case .broker: break
      }
    }
  }

  /// Makes the connections again that libzmq gave up and whose time has come.
  func reconnect(_ socket: borrowing Socket) throws(ZeroMQError) {
    for endpoint in monitor?.takeDue() ?? [] {
      try socket.disconnect(endpoint)
      try connect(socket, to: endpoint)
    }
  }

  func close() {
    monitor?.end()
    authenticator.stop()
  }

  private func connect(_ socket: borrowing Socket, to address: String) throws(ZeroMQError) {
    try socket.set(.ipv6, to: true)
    try configuration.peerSecurity.apply(to: socket)
    try socket.connect(address)
  }
}
