internal import CZeroMQ

/// What a socket does with messages; the patterns are described in zmq_socket(3).
public enum SocketType: Sendable, Hashable, CaseIterable {
  /// One peer, both ways; for two threads over `inproc://`.
  case pair
  /// Sends to all subscribers; never waits for a slow one.
  case pub
  /// Receives what it subscribed to, see ``Socket/subscribe(to:)``.
  case sub
  /// Sends a request, receives its reply, in turn.
  case req
  /// Receives a request, sends its reply, in turn. A message without the empty delimiter is ignored by libzmq.
  case rep
  /// Sends round robin, receives fair-queued, in any order.
  case dealer
  /// Receives with the peer's routing id as the first part, and sends to the peer that the first part names.
  case router
  /// Receives from ``push`` sockets, fair-queued.
  case pull
  /// Sends to ``pull`` sockets, round robin.
  case push
  /// ``pub`` that receives the subscriptions as messages.
  case xpub
  /// ``sub`` that sends its subscriptions as messages.
  case xsub
  /// Raw TCP, for a peer that does not speak ZMTP.
  case stream

  var rawValue: Int32 {
    switch self {
    case .pair: ZMQ_PAIR
    case .pub: ZMQ_PUB
    case .sub: ZMQ_SUB
    case .req: ZMQ_REQ
    case .rep: ZMQ_REP
    case .dealer: ZMQ_DEALER
    case .router: ZMQ_ROUTER
    case .pull: ZMQ_PULL
    case .push: ZMQ_PUSH
    case .xpub: ZMQ_XPUB
    case .xsub: ZMQ_XSUB
    case .stream: ZMQ_STREAM
    }
  }
}
