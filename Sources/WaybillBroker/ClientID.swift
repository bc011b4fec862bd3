/// Whom a request comes from: all connections that one CURVE key was named by, or else one connection.
enum ClientID: Hashable {
  /// The connection that the ROUTER gave this routing id.
  case connection([UInt8])
  /// The connections with this `User-Id`.
  case user(String)
}
