internal import CZeroMQ

extension SocketOption where Value == Int? {
  /// How many messages wait for each peer before a send blocks or drops; `ZMQ_SNDHWM`. 1000 by default, nil is no limit.
  public static var sendHighWaterMark: Self {
    .integer(ZMQ_SNDHWM, "sendHighWaterMark", none: Int32(0))
  }

  /// How many messages from each peer wait to be received; `ZMQ_RCVHWM`. 1000 by default, nil is no limit.
  public static var receiveHighWaterMark: Self {
    .integer(ZMQ_RCVHWM, "receiveHighWaterMark", none: Int32(0))
  }

  /// The most bytes that one part from a peer may have; `ZMQ_MAXMSGSIZE`. nil, the default, is no limit.
  ///
  /// A larger part closes the connection at its header; the peer is told nothing and will most likely connect again. The
  /// number of parts is not bounded.
  public static var maxMessageSize: Self {
    .integer(ZMQ_MAXMSGSIZE, "maxMessageSize", none: Int64(-1))
  }

  /// How many bytes the system takes of what a TCP connection has yet to send; `ZMQ_SNDBUF`. nil, the default, leaves it
  /// to the system, which lets it grow; the system may also take less than is asked for.
  public static var sendBufferSize: Self {
    .integer(ZMQ_SNDBUF, "sendBufferSize", none: Int32(-1))
  }
}

extension SocketOption where Value == Int {
  /// How many connections may wait to be accepted; `ZMQ_BACKLOG`. 100 by default; the system has a limit of its own.
  public static var backlog: Self { .integer(ZMQ_BACKLOG, "backlog") }
}
