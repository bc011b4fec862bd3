internal import CZeroMQ

extension SocketOption where Value == Bool {
  /// Whether this end is the one whose public key the peers must know; `ZMQ_CURVE_SERVER`. Off by default.
  ///
  /// Needs ``curveSecretKey``. Any peer that knows the public key gets in, unless a ZAP handler says otherwise.
  public static var curveServer: Self { .flag(ZMQ_CURVE_SERVER, "curveServer") }
}

extension SocketOption where Value == String {
  /// On a client, the public key of the server, as 40 characters of Z85; `ZMQ_CURVE_SERVERKEY`.
  public static var curveServerKey: Self { .key(ZMQ_CURVE_SERVERKEY, "curveServerKey") }

  /// On a client, its own public key, as 40 characters of Z85; `ZMQ_CURVE_PUBLICKEY`.
  public static var curvePublicKey: Self { .key(ZMQ_CURVE_PUBLICKEY, "curvePublicKey") }

  /// This socket's own secret key, as 40 characters of Z85; `ZMQ_CURVE_SECRETKEY`.
  public static var curveSecretKey: Self { .key(ZMQ_CURVE_SECRETKEY, "curveSecretKey") }

  /// The name under which the ZAP handler at `inproc://zeromq.zap.01` is asked about new connections; `ZMQ_ZAP_DOMAIN`.
  ///
  /// Empty by default, and then a connection without CURVE is not asked about (RFC 27/ZAP). At most 254 bytes.
  public static var zapDomain: Self { .text(ZMQ_ZAP_DOMAIN, "zapDomain", capacity: 255, accepts: { $0 < 255 }) }

  // libzmq takes 32 bytes for a binary key, and answers in Z85 when there is room for 41.
  private static func key(_ number: Int32, _ name: String) -> Self {
    .text(number, name, capacity: 41, accepts: { $0 == 40 })
  }

  private static func text(
    _ number: Int32, _ name: String, capacity: Int, accepts: @escaping @Sendable (Int) -> Bool
  ) -> Self {
    SocketOption(
      read: { (handle) throws(ZeroMQError) in try handle.string(number, capacity: capacity, "read \(name)") },
      write: { (handle, value) throws(ZeroMQError) in
        // The value stays out of the error: it may be secret.
        let operation = "set \(name) to \(value.utf8.count) bytes"
        guard accepts(value.utf8.count) else { throw ZeroMQError(errno: EINVAL, operation: operation) }
        try handle.set(number, to: Array(value.utf8), operation)
      })
  }
}
