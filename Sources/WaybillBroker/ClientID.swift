/// Whom a request comes from: all connections that one CURVE key was named by, or else one connection.
enum ClientID: Hashable {
  /// The connection whose routing id the ROUTER made up: a zero and these four bytes, in memory's order.
  case numbered(UInt32)
  /// The connection that chose this routing id.
  case named([UInt8])
  /// The connections with this `User-Id`.
  case user(String)

  /// The connection with this routing id.
  init(routingID: RawSpan) {
    if routingID.byteCount == 5, routingID.unsafeLoad(as: UInt8.self) == 0 {
      self = .numbered(routingID.unsafeLoadUnaligned(fromByteOffset: 1, as: UInt32.self))
    } else {
      self = .named(routingID.withUnsafeBytes { [UInt8]($0) })
    }
  }
}
