internal import CZeroMQ

/// Keys as text, by RFC 32/Z85: 32 bytes are 40 printable characters.
public enum Z85 {
  /// The text of a key; nil when it has not 32 bytes.
  public static func text(ofKey key: RawSpan) -> String? {
    guard key.byteCount == 32 else { return nil }
    var text = [CChar](repeating: 0, count: 41)
    return key.withUnsafeBytes { bytes in
      zmq_z85_encode(&text, bytes.baseAddress, bytes.count).map { String(cString: $0) }
    }
  }

  /// Whether a text is one that ``text(ofKey:)`` gives for some key.
  public static func isKey(_ text: String) -> Bool {
    guard text.utf8.count == 40, !text.utf8.contains(0) else { return false }
    var key = [UInt8](repeating: 0, count: 32)
    return zmq_z85_decode(&key, text) != nil && Self.text(ofKey: key.span.bytes) == text
  }
}
