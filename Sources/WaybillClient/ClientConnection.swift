internal import Concurrency
internal import Connections
internal import CurveSecurity
internal import MessagePack
internal import ZeroMQ

/// A socket for one request after the other, which notices when it is not let in.
///
/// One thread uses it at a time: it is taken out of the pool and given back under the pool's lock, which makes it safe to
/// send though a socket is not.
final class ClientConnection: @unchecked Sendable {
  let endpoint: String
  private let security: ClientSecurity
  private let socket: Socket
  private let monitor: Monitor
  /// Until the first answer. After that the connection is known to work, and nobody would read the events while it is
  /// idle.
  private var isMonitored = true

  /// So many handshakes that fail one after the other are not those of a server that is just leaving.
  private static let maxFailures = 3
  /// How long a wait may last before it looks whether the request was cancelled.
  private static let glance = Duration.milliseconds(100)

  /// A socket that is connected to `endpoint`, or will be as soon as somebody is there.
  init(
    to endpoint: String, by route: Route, as security: ClientSecurity, in context: Context
  ) throws(ClientError) {
    do throws(ZeroMQError) {
      socket = try Socket(.req, in: context)
      try socket.set(.linger, to: .zero)
      // Before the connection is made: a key is refused once only.
      monitor = try socket.monitor()
      try route.connect(socket)
    } catch {
      throw .socket(error.description)
    }
    self.endpoint = endpoint
    self.security = security
  }

  /// Sends a request and waits for its reply.
  ///
  /// - Parameters:
  ///   - request: The one part of the request.
  ///   - deadline: Until when to wait for the reply.
  ///   - patience: Until when to wait for the connection where there is another way to try: a way that leads nowhere is
  ///     then given up as soon as that is known. Nil where there is none.
  ///   - cancelled: Ends the wait.
  /// - Returns: The reply's first part; nil when there was none in time.
  /// - Throws: ``ClientError`` with the code `keyRefused` or `handshakeFailed` as soon as it is certain, `socket` or
  ///   `cancelled`. The connection is of no use any more then.
  func ask(
    _ request: PackedBytes, before deadline: ContinuousClock.Instant,
    connectingBefore patience: ContinuousClock.Instant? = nil, until cancelled: Latch
  ) throws(ClientError) -> Message? {
    do throws(ZeroMQError) {
      var message = try request.withBytes { (bytes) throws(ZeroMQError) in try Message(copying: bytes) }
      // Never waits: a connection that was refused already has no queue any more.
      _ = try socket.sendIfReady(&message)
    } catch {
      throw .socket(error.description)
    }
    let maxFailures = patience == nil ? Self.maxFailures : 1
    var failures = 0
    var isConnected = false
    while failures < maxFailures, ContinuousClock.now < deadline {
      switch try next(before: deadline) {
      case .reply: return try receive()
      case .connection(.handshakeSucceeded): (isConnected, failures) = (true, 0)
      case .connection(.handshakeFailed): failures += 1
      // After these two libzmq does not connect again by itself.
      case .connection(.protocolError): failures = maxFailures
      case .connection(.authenticationFailed): throw refusal
      case .connection(.closed) where patience != nil: return nil
      default: break
      }
      guard !cancelled.wait(atMost: .zero) else { throw .cancelled }
      if let patience, !isConnected, ContinuousClock.now >= patience { return nil }
    }
    guard failures == 0 else { throw .handshakeFailed(endpoint: endpoint, usesCurve: security != .none) }
    return nil
  }

  private enum Event {
    case reply
    case connection(MonitorEvent.Kind)
    case nothing
  }

  /// Waits for what happens next, for a moment at most.
  private func next(before deadline: ContinuousClock.Instant) throws(ClientError) -> Event {
    var poller = Poller()
    poller.add(socket)
    if isMonitored { poller.add(monitor.socket) }
    do throws(ZeroMQError) {
      guard try poller.wait(timeout: min(Self.glance, deadline - .now)) > 0 else { return .nothing }
      if poller[0].contains(.readable) { return .reply }
      return try monitor.next().map { .connection($0.kind) } ?? .nothing
    } catch {
      throw .socket(error.description)
    }
  }

  private func receive() throws(ClientError) -> Message {
    if isMonitored { socket.stopMonitoring() }
    isMonitored = false
    do throws(ZeroMQError) {
      return try socket.receive()
    } catch {
      throw .socket(error.description)
    }
  }

  private var refusal: ClientError {
    switch security {
    case .none: .handshakeFailed(endpoint: endpoint, usesCurve: false)
    case .curve(_, let keys): .keyRefused(endpoint: endpoint, publicKey: keys.publicKey)
    }
  }
}
