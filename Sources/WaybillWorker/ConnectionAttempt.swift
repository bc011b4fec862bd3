internal import ZeroMQ

/// One attempt to connect, as libzmq tells of it. libzmq makes none by itself after it: what ends a connection may be
/// something after which it would never try again.
struct ConnectionAttempt {
  private(set) var hasConnected = false
  private var failure: ConnectionFailure?

  /// Takes note of an event.
  ///
  /// - Returns: Why the connection is over, when that is what happened.
  mutating func note(_ event: MonitorEvent.Kind) -> ConnectionFailure? {
    switch event {
    case .connected: hasConnected = true
    case .authenticationFailed: failure = .keyRefused
    case .protocolError: failure = .mechanismMismatch
    case .handshakeFailed: failure = .closedInHandshake
    case .closed, .disconnected: return failure ?? (hasConnected ? .closed : .refused)
    default: break
    }
    return nil
  }
}

/// Why a connection of this worker to a proxy or broker is not there.
enum ConnectionFailure: Hashable {
  /// Nobody listens.
  case refused
  case keyRefused
  case mechanismMismatch
  case closedInHandshake
  case closed
  /// The peer takes nothing.
  case unread
  /// There is no way to the peer, for this reason.
  case noRoute(String)

  /// Says what happened, for the log.
  ///
  /// - Parameter peer: What the worker connects to: proxy or broker.
  /// - Returns: The text.
  func reason(_ peer: String) -> String {
    switch self {
    case .refused: "no \(peer) listens there"
    case .keyRefused: "the \(peer) does not allow this worker's key"
    case .mechanismMismatch: "the \(peer) uses another security mechanism, or has another key"
    case .closedInHandshake: "the \(peer) closed the connection during the handshake: is --server-key its key?"
    case .closed: "the connection to the \(peer) is closed"
    case .unread: "the \(peer) reads nothing"
    case .noRoute(let reason): reason
    }
  }
}
