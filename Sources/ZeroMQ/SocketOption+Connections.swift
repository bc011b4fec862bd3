internal import CZeroMQ

extension SocketOption where Value == Bool {
  /// Whether names and `*` may stand for IPv6 addresses too; `ZMQ_IPV6`. Off by default.
  public static var ipv6: Self { .flag(ZMQ_IPV6, "ipv6") }

  /// Whether a message waits until a connection is complete, rather than being queued for one still being made;
  /// `ZMQ_IMMEDIATE`. Off by default.
  public static var immediate: Self { .flag(ZMQ_IMMEDIATE, "immediate") }

  /// Whether a ROUTER throws `hostUnreachable` for a peer it does not know, rather than dropping the message;
  /// `ZMQ_ROUTER_MANDATORY`. Off by default; can only be set.
  public static var routerMandatory: Self { .flag(ZMQ_ROUTER_MANDATORY, "routerMandatory") }

  /// Whether a ROUTER gives a routing id to the newest peer that claims it, rather than refusing that one;
  /// `ZMQ_ROUTER_HANDOVER`. Off by default; can only be set.
  public static var routerHandover: Self { .flag(ZMQ_ROUTER_HANDOVER, "routerHandover") }

  /// Whether a REQ may send again before the reply came; `ZMQ_REQ_RELAXED`. Off by default; can only be set.
  ///
  /// Set ``reqCorrelate`` with it, or the late reply to the first request is taken for that to the second.
  public static var reqRelaxed: Self { .flag(ZMQ_REQ_RELAXED, "reqRelaxed") }

  /// Whether a REQ numbers its requests and drops replies to any but the last; `ZMQ_REQ_CORRELATE`. Off by default; can
  /// only be set. The peer must be a REP, or return the whole envelope.
  public static var reqCorrelate: Self { .flag(ZMQ_REQ_CORRELATE, "reqCorrelate") }
}

extension SocketOption where Value == Bool? {
  /// Whether TCP itself probes silent connections; `ZMQ_TCP_KEEPALIVE`. nil, the default, is as the system has it.
  public static var tcpKeepalive: Self { .flag(ZMQ_TCP_KEEPALIVE, "tcpKeepalive") }
}

extension SocketOption where Value == [UInt8] {
  /// The name of this socket for the ROUTERs it connects to; `ZMQ_ROUTING_ID`.
  ///
  /// 1 to 255 bytes, the first not 0. Empty by default: each ROUTER then makes one up. A REP does not send it.
  public static var routingID: Self {
    SocketOption(
      read: { (handle) throws(ZeroMQError) in try handle.bytes(ZMQ_ROUTING_ID, capacity: 255, "read routingID") },
      write: { (handle, value) throws(ZeroMQError) in
        try handle.set(ZMQ_ROUTING_ID, to: value, "set routingID to \(value.count) bytes")
      })
  }
}
