internal import CZeroMQ

/// The two keys of one end of a CURVE connection (RFC 26/CurveZMQ), each as 40 characters of Z85 (RFC 32/Z85).
///
/// The secret key shows in no description.
public struct CurveKeyPair: Sendable, Hashable, CustomStringConvertible, CustomDebugStringConvertible {
  /// The key to hand out.
  public let publicKey: String

  /// The key to keep.
  public let secretKey: String

  /// Whether this libzmq was built with CURVE.
  public static var isSupported: Bool { zmq_has("curve") == 1 }

  /// Makes a new pair.
  ///
  /// - Throws: `notSupported` when libzmq was built without CURVE.
  public static func generate() throws(ZeroMQError) -> CurveKeyPair {
    var publicKey = [CChar](repeating: 0, count: keySize + 1)
    var secretKey = publicKey
    try ZeroMQError.check(zmq_curve_keypair(&publicKey, &secretKey), "generate a CURVE key pair")
    return CurveKeyPair(publicKey: text(publicKey), secretKey: text(secretKey))
  }

  /// The pair that a secret key belongs to.
  ///
  /// - Parameter secretKey: 40 characters of Z85.
  /// - Throws: `invalidArgument` when it is not a key, `notSupported` when libzmq was built without CURVE.
  public init(secretKey: String) throws(ZeroMQError) {
    let operation = "derive a public key"
    // libzmq decodes as far as the text goes, into room for one key.
    guard secretKey.utf8.count == Self.keySize, !secretKey.utf8.contains(0) else {
      throw ZeroMQError(.invalidArgument, operation: operation, reason: "a secret key has 40 characters of Z85")
    }
    var publicKey = [CChar](repeating: 0, count: Self.keySize + 1)
    try ZeroMQError.check(zmq_curve_public(&publicKey, secretKey), operation)
    self.init(publicKey: Self.text(publicKey), secretKey: secretKey)
  }

  private init(publicKey: String, secretKey: String) {
    self.publicKey = publicKey
    self.secretKey = secretKey
  }

  /// The public key alone.
  public var description: String { "CurveKeyPair(publicKey: \(publicKey))" }

  /// The public key alone.
  public var debugDescription: String { description }

  private static let keySize = 40

  private static func text(_ key: [CChar]) -> String {
    String(decoding: key.prefix(keySize).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
