internal import CurveSecurity
internal import Diagnostics
internal import Logging
internal import WaybillServer
internal import ZeroMQ

/// The endpoints of a worker on the socket of one thread, but those of brokers: who comes in there, and which connections
/// come to nothing.
final class WorkerEndpoints {
  let authenticator: ZAPAuthenticator
  private let configuration: WorkerConfiguration
  private let stop: StopSignal
  private let logger: Logger
  private var watch: ConnectionMonitor?

  /// Made before the socket, and closed after it.
  init(_ configuration: WorkerConfiguration, in context: Context, stop: StopSignal, logger: Logger) throws(ZeroMQError)
  {
    authenticator = try ZAPAuthenticator(configuration.security, in: context, logger: logger)
    self.configuration = configuration
    self.stop = stop
    self.logger = logger
  }

  /// Binds and connects to the endpoints.
  func open(on socket: borrowing Socket) throws(ZeroMQError) {
    let addresses = configuration.endpoints.compactMap { if case .connect(let address) = $0 { address } else { nil } }
    if !addresses.isEmpty || configuration.security != .none {
      watch = ConnectionMonitor(try socket.monitor(), addresses: addresses, signal: stop, logger: logger)
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

  /// Makes connections again that libzmq gave up.
  func reopen(on socket: borrowing Socket) throws(ZeroMQError) {
    for endpoint in watch?.takeLost() ?? [] {
      try socket.disconnect(endpoint)
      try connect(socket, to: endpoint)
    }
  }

  func close() {
    watch?.end()
    authenticator.stop()
  }

  private func connect(_ socket: borrowing Socket, to address: String) throws(ZeroMQError) {
    try socket.set(.ipv6, to: true)
    try configuration.peerSecurity.apply(to: socket)
    try socket.connect(address)
  }
}
