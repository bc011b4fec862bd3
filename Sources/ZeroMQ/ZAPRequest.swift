/// What libzmq asks about a peer that wants to connect (RFC 27/ZAP).
public struct ZAPRequest: Sendable, Hashable {
  /// How the peer proves who it is.
  public enum Mechanism: Sendable, Hashable {
    /// Not at all.
    case null
    /// By a name and a password, which are not kept.
    case plain
    /// By this public key, as 40 characters of Z85, whose secret key it has.
    case curve(publicKey: String)
  }

  /// The ``SocketOption/zapDomain`` of the socket that the peer connects to.
  public let domain: String
  /// The IP address of the peer; empty over `ipc://`.
  public let address: String
  /// How the peer proves who it is.
  public let mechanism: Mechanism

  /// Reads the frames: version, request id, domain, address, identity, mechanism, credentials. nil when they are not those.
  init?(_ message: borrowing MultipartMessage) {
    guard message.count >= 6, message.text(0) == ZAPHandler.version else { return nil }
    switch (message.text(5), message.count) {
    case ("NULL", 6): mechanism = .null
    case ("PLAIN", 8): mechanism = .plain
    case ("CURVE", 7):
      guard let key = message.withFrame(6, { Z85.text(ofKey: $0) }) else { return nil }
      mechanism = .curve(publicKey: key)
    default: return nil
    }
    domain = message.text(2)
    address = message.text(3)
  }
}

extension MultipartMessage {
  fileprivate borrowing func text(_ index: Int) -> String {
    withFrame(index) { bytes in bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
  }
}
