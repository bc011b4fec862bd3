internal import ZeroMQ

/// Why a proxy or broker that this worker connects to does not talk to it, as libzmq tells.
enum HandshakeFailure: Hashable {
  case keyRefused
  case mechanismMismatch
  case connectionClosed

  /// Nil for an event that is no failure of a handshake.
  init?(_ event: MonitorEvent.Kind) {
    switch event {
    case .authenticationFailed: self = .keyRefused
    case .protocolError: self = .mechanismMismatch
    case .handshakeFailed: self = .connectionClosed
    default: return nil
    }
  }

  /// Whether libzmq gives the endpoint up. Otherwise it goes on connecting by itself.
  var isFinal: Bool { self != .connectionClosed }

  /// Says what happened, for the log.
  ///
  /// - Parameter peer: What the worker connects to: proxy or broker.
  /// - Returns: The text.
  func reason(_ peer: String) -> String {
    switch self {
    case .keyRefused: "the \(peer) does not allow this worker's key"
    case .mechanismMismatch: "the \(peer) uses another security mechanism, or has another key"
    case .connectionClosed: "the \(peer) closed the connection during the handshake: is --server-key its key?"
    }
  }
}
