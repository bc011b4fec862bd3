public import ZeroMQ

/// How a socket that connects to others proves who it is, and sees who they are.
public enum ClientSecurity: Sendable, Hashable {
  /// Not at all.
  case none
  /// CURVE, with the server's public key and the client's own keys.
  case curve(serverKey: String, CurveKeyPair)

  /// Has it done with the endpoints that `socket` connects to from now on.
  ///
  /// - Throws: `invalidArgument` for keys that are none.
  public func apply(to socket: borrowing Socket) throws(ZeroMQError) {
    switch self {
    case .none: try socket.set(.curveServer, to: false)
    case .curve(let serverKey, let keys):
      try socket.set(.curveServer, to: false)
      try socket.set(.curveServerKey, to: serverKey)
      try socket.set(.curvePublicKey, to: keys.publicKey)
      try socket.set(.curveSecretKey, to: keys.secretKey)
    }
  }
}
