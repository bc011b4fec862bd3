internal import Connections
internal import CurveSecurity
internal import Diagnostics
internal import Logging
internal import WaybillServer
internal import ZeroMQ

/// The endpoints of a worker on the socket of one thread, except those of brokers: who is let in there, and which
/// connections are to be made.
final class WorkerEndpoints {
  let authenticator: ZAPAuthenticator
  private let configuration: WorkerConfiguration
  private let refusals: RefusalCounts
  private let logger: Logger
  private var monitor: ConnectionMonitor?

  /// Made before the socket, and closed after it.
  init(
    _ configuration: WorkerConfiguration, in context: Context, _ refusals: RefusalCounts, logger: Logger
  ) throws(ZeroMQError) {
    authenticator = try ZAPAuthenticator(configuration.security, in: context, refusals, logger: logger)
    self.refusals = refusals
    self.configuration = configuration
    self.logger = logger
  }

  /// Binds the endpoints, and has the connections made.
  func open(on socket: borrowing Socket) throws(ZeroMQError) {
    var proxies: [Endpoint] = []
    for endpoint in configuration.endpoints {
      switch endpoint {
      case .bind(let address): try socket.listen(at: address, as: configuration.security, logger)
      case .connect(let address): proxies.append(try Socket.endpoint(connectingTo: address))
      case .broker: break
      }
    }
    guard !proxies.isEmpty || configuration.security != .none else { return }
    monitor = ConnectionMonitor(
      try socket.monitor(),
      proxies.map { ProxyConnection(to: $0, as: configuration.peerSecurity, logger: logger) },
      noting: HandshakeFailures(refusals, logger: logger))
    for proxy in proxies { logger.notice("connecting", metadata: [LogKey.endpoint: "\(proxy)"]) }
  }

  /// Makes and ends the connections whose time has come.
  func reconnect(_ socket: borrowing Socket) throws(ZeroMQError) {
    for action in monitor?.takeDue() ?? [] {
      switch action {
      case .connect(let route):
        // A proxy hands on whatever its clients send. What is too long for a request gets an error: were the connection
        // closed instead, any client could take away the workers behind a proxy.
        try socket.set(.maxMessageSize, to: nil)
        try route.connect(socket)
      case .disconnect(let route):
        do throws(ZeroMQError) {
          try socket.disconnect(route.address)
        } catch {
          // libzmq has ended it by itself.
          guard error.code == .notFound else { throw error }
        }
      }
    }
  }

  func close() {
    monitor?.end()
    authenticator.stop()
  }
}
