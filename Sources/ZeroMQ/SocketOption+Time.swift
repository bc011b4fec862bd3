internal import CZeroMQ

/// Times go to libzmq in whole milliseconds, or seconds where an option says so, rounded up; nil is what each option says,
/// most often "without end" or "off".
extension SocketOption where Value == Duration? {
  /// How long messages not yet sent may keep a closed socket, and with it the end of its ``Context``; `ZMQ_LINGER`.
  ///
  /// nil, the default, is without end; zero drops them at once.
  public static var linger: Self { .milliseconds(ZMQ_LINGER, "linger", none: -1) }

  /// How long a receive waits before it throws `timedOut`; `ZMQ_RCVTIMEO`. nil, the default, is without end.
  public static var receiveTimeout: Self { .milliseconds(ZMQ_RCVTIMEO, "receiveTimeout", none: -1) }

  /// How long a send waits for room before it throws `timedOut`; `ZMQ_SNDTIMEO`. nil, the default, is without end.
  public static var sendTimeout: Self { .milliseconds(ZMQ_SNDTIMEO, "sendTimeout", none: -1) }

  /// How long a new connection may take to greet and to authenticate; `ZMQ_HANDSHAKE_IVL`.
  ///
  /// 30 seconds by default, nil is without end. Bounds a peer that connects and says nothing.
  public static var handshakeInterval: Self { .milliseconds(ZMQ_HANDSHAKE_IVL, "handshakeInterval", none: 0) }

  /// How long the system may take to connect; `ZMQ_CONNECT_TIMEOUT`. nil, the default, is as long as the system likes.
  public static var connectTimeout: Self { .milliseconds(ZMQ_CONNECT_TIMEOUT, "connectTimeout", none: 0) }

  /// The time between two pings to each peer; `ZMQ_HEARTBEAT_IVL`. nil, the default, sends none.
  ///
  /// Without them and ``tcpKeepalive``, a peer whose machine vanished keeps its connection for ever. They find one that
  /// hangs as well, but a socket with thousands of peers does better without: libzmq has two timers for each, and walks
  /// through those of all peers to cancel one.
  public static var heartbeatInterval: Self { .milliseconds(ZMQ_HEARTBEAT_IVL, "heartbeatInterval", none: 0) }

  /// How long a ping may stay unanswered before the connection is closed; `ZMQ_HEARTBEAT_TIMEOUT`.
  ///
  /// nil, the default, is as long as ``heartbeatInterval``; libzmq does not take it back once another was set.
  public static var heartbeatTimeout: Self { .milliseconds(ZMQ_HEARTBEAT_TIMEOUT, "heartbeatTimeout", none: -1) }

  /// How long the *peer* waits for our next ping before it closes the connection; `ZMQ_HEARTBEAT_TTL`.
  ///
  /// Cut down to tenths of a second, at most 6553.5 seconds. nil, the default, leaves it to the peer.
  public static var heartbeatTTL: Self { .milliseconds(ZMQ_HEARTBEAT_TTL, "heartbeatTTL", none: 0) }

  /// How long a TCP connection is silent before the system probes it, if ``tcpKeepalive`` is on;
  /// `ZMQ_TCP_KEEPALIVE_IDLE`. Whole seconds, at least one; nil, the default, is as the system has it.
  public static var tcpKeepaliveIdle: Self { .seconds(ZMQ_TCP_KEEPALIVE_IDLE, "tcpKeepaliveIdle") }

  /// The time between two such probes; `ZMQ_TCP_KEEPALIVE_INTVL`. Whole seconds, at least one; nil, the default, is as
  /// the system has it.
  public static var tcpKeepaliveInterval: Self { .seconds(ZMQ_TCP_KEEPALIVE_INTVL, "tcpKeepaliveInterval") }

  /// How long probes and sent bytes may stay without a sign of the peer before a TCP connection is closed;
  /// `ZMQ_TCP_MAXRT`. nil, the default, is as the system has it.
  public static var tcpMaxRetransmitTime: Self { .milliseconds(ZMQ_TCP_MAXRT, "tcpMaxRetransmitTime", none: 0) }

  /// The wait before a lost connection is made anew; `ZMQ_RECONNECT_IVL`. 100 ms by default, nil never reconnects.
  public static var reconnectInterval: Self { .milliseconds(ZMQ_RECONNECT_IVL, "reconnectInterval", none: -1) }

  /// Up to where each attempt doubles ``reconnectInterval``; `ZMQ_RECONNECT_IVL_MAX`.
  ///
  /// nil, the default, does not double it.
  public static var reconnectIntervalMax: Self { .milliseconds(ZMQ_RECONNECT_IVL_MAX, "reconnectIntervalMax", none: 0) }
}
