internal import CurveSecurity
internal import MessagePack
internal import ZeroMQ

/// A socket of a client's for one request, that notices when it is not let in.
struct ClientConnection: ~Copyable {
  private let endpoint: String
  private let security: ClientSecurity
  private let socket: Socket
  private let monitor: Monitor

  /// So many handshakes that fail one after the other are not those of a server that is just leaving.
  private static let maxFailures = 3

  /// A socket that is connected to `endpoint`, or will be as soon as somebody is there.
  init(to endpoint: String, as security: ClientSecurity) throws(ClientError) {
    let socket: Socket
    let monitor: Monitor
    do throws(ZeroMQError) {
      socket = try Self.makeSocket(as: security)
    } catch {
      throw .socket(error.description)
    }
    do throws(ZeroMQError) {
      // Before the connection is made: a key is refused once only.
      monitor = try socket.monitor()
    } catch {
      throw .socket(error.description)
    }
    do throws(ZeroMQError) {
      try socket.connect(endpoint)
    } catch {
      throw .badEndpoint(error.description)
    }
    self.endpoint = endpoint
    self.security = security
    self.socket = socket
    self.monitor = monitor
  }

  private static func makeSocket(as security: ClientSecurity) throws(ZeroMQError) -> Socket {
    let socket = try Socket(.req, in: Context())
    try socket.set(.ipv6, to: true)
    try socket.set(.linger, to: .zero)
    try security.apply(to: socket)
    return socket
  }

  /// Sends a request and waits for its reply.
  ///
  /// - Returns: The reply's first part; nil when there was none in time.
  /// - Throws: `ClientError/keyRefused`, `ClientError/handshakeFailed` as soon as it is certain, `ClientError/socket`.
  func ask(_ request: PackedBytes, within timeout: Duration) throws(ClientError) -> Message? {
    do throws(ZeroMQError) {
      var message = try request.withBytes { (bytes) throws(ZeroMQError) in try Message(copying: bytes) }
      // Never waits: a connection that was refused already has no queue any more.
      _ = try socket.sendIfReady(&message)
    } catch {
      throw .socket(error.description)
    }
    var poller = Poller()
    poller.add(socket)
    poller.add(monitor.socket)
    let deadline = ContinuousClock.now + timeout
    var failures = 0
    while failures < Self.maxFailures {
      let event: MonitorEvent.Kind?
      do throws(ZeroMQError) {
        guard try poller.wait(timeout: deadline - .now) > 0 else { break }
        if poller[0].contains(.readable) { return try socket.receive() }
        event = try monitor.next()?.kind
      } catch {
        throw .socket(error.description)
      }
      switch event {
      case .handshakeSucceeded: failures = 0
      case .handshakeFailed: failures += 1
      // After these two libzmq does not connect again by itself.
      case .protocolError: failures = Self.maxFailures
      case .authenticationFailed: throw refusal
      default: break
      }
    }
    guard failures == 0 else { throw .handshakeFailed(endpoint: endpoint, usesCurve: security != .none) }
    return nil
  }

  private var refusal: ClientError {
    switch security {
    case .none: .handshakeFailed(endpoint: endpoint, usesCurve: false)
    case .curve(_, let keys): .keyRefused(endpoint: endpoint, publicKey: keys.publicKey)
    }
  }
}
