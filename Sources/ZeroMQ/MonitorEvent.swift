internal import CZeroMQ

/// Something that happened to a connection of a socket; see zmq_socket_monitor(3).
public struct MonitorEvent: Sendable, Hashable {
  /// What happened.
  public enum Kind: Sendable, Hashable {
    /// A connection was made; the handshake follows.
    case connected
    /// The connection is being made in the background.
    case connectDelayed
    /// The next attempt is made after this time.
    case connectRetried(after: Duration)
    /// The socket accepts connections.
    case listening
    /// The socket cannot accept connections, for this reason.
    case bindFailed(ZeroMQError.Code)
    /// A peer connected; the handshake follows.
    case accepted
    /// A peer could not be accepted, for this reason.
    case acceptFailed(ZeroMQError.Code)
    /// This end closed the connection or the listener.
    case closed
    /// The connection could not be closed, for this reason.
    case closeFailed(ZeroMQError.Code)
    /// The connection was lost.
    case disconnected
    /// The peer is who it should be: messages can pass.
    case handshakeSucceeded
    /// The handshake failed, for this reason.
    case handshakeFailed(ZeroMQError.Code)
    /// The peer broke the protocol, by a `ZMQ_PROTOCOL_ERROR_` number.
    case protocolError(Int)
    /// The ZAP handler refused the peer with this status: 300, 400 or 500 (RFC 27/ZAP).
    case authenticationFailed(status: Int)
    /// An event that this library does not know, by its bit.
    case unknown(UInt16)
  }

  /// What happened.
  public let kind: Kind

  /// The endpoint it happened to; may be empty.
  public let endpoint: String

  init(kind: Kind, endpoint: String) {
    self.kind = kind
    self.endpoint = endpoint
  }

  /// From the first frame: 16 bits of event and 32 of value, in the machine's order, unaligned. nil when it is shorter.
  init?(_ frame: RawSpan, endpoint: String) {
    guard frame.byteCount >= 6 else { return nil }
    let event = frame.unsafeLoadUnaligned(fromByteOffset: 0, as: UInt16.self)
    let value = frame.unsafeLoadUnaligned(fromByteOffset: 2, as: UInt32.self)
    self.init(kind: Kind(event: event, value: value), endpoint: endpoint)
  }
}

extension MonitorEvent.Kind {
  init(event: UInt16, value: UInt32) {
    let reason = ZeroMQError.Code(errno: Int32(truncatingIfNeeded: value))
    self =
      switch Int32(event) {
      case ZMQ_EVENT_CONNECTED: .connected
      case ZMQ_EVENT_CONNECT_DELAYED: .connectDelayed
      case ZMQ_EVENT_CONNECT_RETRIED: .connectRetried(after: .milliseconds(value))
      case ZMQ_EVENT_LISTENING: .listening
      case ZMQ_EVENT_BIND_FAILED: .bindFailed(reason)
      case ZMQ_EVENT_ACCEPTED: .accepted
      case ZMQ_EVENT_ACCEPT_FAILED: .acceptFailed(reason)
      case ZMQ_EVENT_CLOSED: .closed
      case ZMQ_EVENT_CLOSE_FAILED: .closeFailed(reason)
      case ZMQ_EVENT_DISCONNECTED: .disconnected
      case ZMQ_EVENT_HANDSHAKE_SUCCEEDED: .handshakeSucceeded
      case ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL: .handshakeFailed(reason)
      case ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL: .protocolError(Int(value))
      case ZMQ_EVENT_HANDSHAKE_FAILED_AUTH: .authenticationFailed(status: Int(value))
      default: .unknown(event)
      }
  }
}
