public import ZeroMQ

/// What a socket that others connect to asks of them.
public enum ServerSecurity: Sendable, Hashable {
  /// Nothing: whoever reaches the endpoint is served, in the clear.
  case none
  /// CURVE, with the server's own keys.
  case curve(CurveKeyPair, clients: Clients)

  /// Who is let in.
  public enum Clients: Sendable, Hashable {
    /// Everybody who knows the server's public key.
    case any
    /// Those whose public certificates are in the folder at this path.
    case folder(String)
  }

  /// Checks that the allow-list can be read now, so that a slip of the pen is no list that lets nobody in.
  ///
  /// - Throws: ``SecurityError``.
  public func check() throws(SecurityError) {
    guard case .curve(_, .folder(let path)) = self else { return }
    try AuthorizedKeys(path: path).check()
  }

  /// Has it asked of those who come to the endpoints that `socket` binds from now on.
  ///
  /// - Throws: `invalidArgument` for keys that are none.
  public func apply(to socket: borrowing Socket) throws(ZeroMQError) {
    switch self {
    case .none: try socket.set(.curveServer, to: false)
    case .curve(let keys, _):
      try socket.set(.curveServer, to: true)
      try socket.set(.curveSecretKey, to: keys.secretKey)
    }
  }
}
