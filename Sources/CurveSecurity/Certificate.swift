public import ZeroMQ

/// A key, or a pair of keys, as ZeroMQ programs write it down: czmq's `zcert`, pyzmq's `zmq.auth`.
///
/// The text is ZPL (RFC 4): a section `metadata`, which may say anything, and a section `curve`.
public struct Certificate: Sendable, Hashable {
  /// 40 characters of Z85.
  public let publicKey: String
  /// The pair, where the secret key is there too.
  public let keys: CurveKeyPair?

  /// Reads the text of a certificate.
  ///
  /// - Parameters:
  ///   - text: The whole file.
  ///   - path: What to call it in an error.
  /// - Throws: `invalid`, without a word of the keys.
  public init(_ text: String, path: String) throws(SecurityError) {
    var isCurve = false
    var values: [String: String] = [:]
    for line in text.split(whereSeparator: \.isNewline) {
      let content = line.trimming(\.isWhitespace)
      guard let first = content.first, first != "#" else { continue }
      guard line.first?.isWhitespace == true else {
        isCurve = content == "curve"
        continue
      }
      guard isCurve, let sign = content.firstIndex(of: "=") else { continue }
      let name = String(content[..<sign].trimming(\.isWhitespace))
      guard name == "public-key" || name == "secret-key" else { continue }
      guard let key = Self.key(content[content.index(after: sign)...]) else {
        throw SecurityError(.invalid, "\(path): its \(name) is not 40 characters of Z85")
      }
      guard values.updateValue(key, forKey: name) == nil else {
        throw SecurityError(.invalid, "\(path): it has more than one \(name)")
      }
    }
    guard let publicKey = values["public-key"] else {
      throw SecurityError(.invalid, "\(path): it has no public-key in a section curve: it is no ZeroMQ certificate")
    }
    self.publicKey = publicKey
    keys = try values["secret-key"].map { (secretKey) throws(SecurityError) in
      guard let keys = try? CurveKeyPair(secretKey: secretKey), keys.publicKey == publicKey else {
        throw SecurityError(.invalid, "\(path): its secret-key is not that of its public-key")
      }
      return keys
    }
  }

  /// The key of a value, which stands in quotes as Z85 has `#` in it, that begins a comment.
  private static func key(_ value: Substring) -> String? {
    let value = value.trimming(\.isWhitespace)
    guard let quote = value.first, quote == "\"" || quote == "'" else {
      return Z85.isKey(String(value)) ? String(value) : nil
    }
    let inner = value.dropFirst()
    guard let end = inner.firstIndex(of: quote) else { return nil }
    let rest = inner[inner.index(after: end)...].trimming(\.isWhitespace)
    let key = String(inner[..<end])
    return (rest.isEmpty || rest.hasPrefix("#")) && Z85.isKey(key) ? key : nil
  }
}

extension Substring {
  fileprivate func trimming(_ isOutside: (Character) -> Bool) -> Substring {
    let start = drop(while: isOutside)
    return start[..<(start.lastIndex { !isOutside($0) }.map(start.index(after:)) ?? start.startIndex)]
  }
}
