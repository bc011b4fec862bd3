internal import Glibc
public import ZeroMQ

extension Certificate {
  /// Reads the key that a server is known by.
  ///
  /// - Parameter keyOrPath: The key in Z85, or the path of a certificate that has it.
  /// - Returns: The key in Z85.
  /// - Throws: ``SecurityError``, `missing` for what is neither.
  public static func publicKey(_ keyOrPath: String) throws(SecurityError) -> String {
    do throws(SecurityError) {
      return try Certificate(KeyFile.read(keyOrPath), path: keyOrPath).publicKey
    } catch {
      guard error.code == .missing else { throw error }
      guard Z85.isKey(keyOrPath) else {
        throw SecurityError(.missing, "\(error), and it is no key, which has 40 characters of Z85")
      }
      return keyOrPath
    }
  }

  /// Reads a pair of keys, which nobody else may read.
  ///
  /// - Throws: ``SecurityError``, `denied` when others may.
  public static func keys(_ path: String) throws(SecurityError) -> CurveKeyPair {
    guard let keys = try Certificate(KeyFile.read(path), path: path).keys else {
      throw SecurityError(.invalid, "\(path): it has no secret-key: the file with both is \(path)\(secretSuffix)")
    }
    try KeyFile.checkIsPrivate(path)
    return keys
  }

  /// Makes a pair of keys and writes it to two files: `NAME.key` for everybody, `NAME.key_secret` for this user only.
  ///
  /// - Parameters:
  ///   - name: A path, with or without its `.key`.
  ///   - replaces: Whether files that are there are replaced.
  /// - Returns: The public key.
  /// - Throws: ``SecurityError``; a new pair is then not left behind by half.
  public static func generate(named name: String, replaces: Bool) throws(SecurityError) -> String {
    let keys = try newKeys()
    let path = name.hasSuffix(publicSuffix) ? name : name + publicSuffix
    if !replaces, access(path, F_OK) == 0 {
      throw SecurityError(exists: path)
    }
    let curve = "metadata\ncurve\n    public-key = \"\(keys.publicKey)\"\n"
    let secret = "    secret-key = \"\(keys.secretKey)\"\n"
    try KeyFile.write(
      "# ZeroMQ CURVE secret certificate: for its owner alone\n\(curve)\(secret)", to: path + secretSuffix, mode: 0o600,
      replaces: replaces)
    do throws(SecurityError) {
      try KeyFile.write("# ZeroMQ CURVE public certificate\n\(curve)", to: path, mode: 0o644, replaces: replaces)
    } catch {
      if !replaces { unlink(path + secretSuffix) }
      throw error
    }
    return keys.publicKey
  }

  /// A pair of keys that nobody has seen.
  ///
  /// - Throws: `system` when libzmq was built without CURVE.
  public static func newKeys() throws(SecurityError) -> CurveKeyPair {
    do throws(ZeroMQError) {
      return try .generate()
    } catch {
      throw SecurityError(.system, error.description)
    }
  }

  /// As pyzmq names the files; czmq adds the second to any name.
  static let publicSuffix = ".key"
  static let secretSuffix = "_secret"
}
