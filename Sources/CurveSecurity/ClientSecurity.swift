public import ZeroMQ

/// How a socket that connects to others proves who it is, and sees who they are.
public enum ClientSecurity: Sendable, Hashable {
  /// Not at all.
  case none
  /// CURVE, with the keys that the server may have and the client's own pair.
  case curve(ServerKeys, CurveKeyPair)

  /// Reads the keys that the server may have.
  ///
  /// - Returns: At least one; nil alone without CURVE.
  /// - Throws: ``SecurityError``.
  package func serverKeys() throws(SecurityError) -> [String?] {
    guard case .curve(let keys, _) = self else { return [nil] }
    return try keys.read()
  }

  /// Has it done with the endpoints that `socket` connects to from now on.
  ///
  /// - Parameters:
  ///   - socket: The socket.
  ///   - serverKey: One of ``serverKeys()``.
  /// - Throws: `invalidArgument` for keys that are none.
  package func apply(to socket: borrowing Socket, serverKey: String?) throws(ZeroMQError) {
    try socket.set(.curveServer, to: false)
    guard case .curve(_, let keys) = self, let serverKey else { return }
    try socket.set(.curveServerKey, to: serverKey)
    try socket.set(.curvePublicKey, to: keys.publicKey)
    try socket.set(.curveSecretKey, to: keys.secretKey)
  }
}
