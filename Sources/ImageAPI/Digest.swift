/// A SHA-256 content digest, as OCI writes it: `sha256:` and 64 lower-case hexadecimal digits.
///
/// An image's id is the digest of its configuration. Digests compare as their hexadecimal text does, so images in id
/// order are images in digest order.
public struct Digest: Sendable, Hashable {
  /// The 32 bytes as four numbers, the most significant first.
  package var words: (UInt64, UInt64, UInt64, UInt64)

  package init(words: (UInt64, UInt64, UInt64, UInt64)) {
    self.words = words
  }

  /// Reads `sha256:<64 hex>`, or the bare 64 hexadecimal digits that iSulad, CRI-O and Podman write.
  ///
  /// Upper-case digits are refused, as the OCI image specification has it.
  public init?(_ text: some StringProtocol) {
    self.init(utf8: Array(text.utf8).span)
  }

  /// Reads the same, where it stands.
  package init?(utf8 text: Span<UInt8>) {
    let isPrefixed = text.count > Self.digitCount && text.equals("sha256:", in: 0..<text.count - Self.digitCount)
    let start = isPrefixed ? text.count - Self.digitCount : 0
    guard text.count - start == Self.digitCount else { return nil }
    words = (0, 0, 0, 0)
    for index in start..<text.count {
      guard let value = ASCII.hexValue(text[index]) else { return nil }
      words = (
        words.0 << 4 | words.1 >> 60, words.1 << 4 | words.2 >> 60, words.2 << 4 | words.3 >> 60,
        words.3 << 4 | UInt64(value)
      )
    }
  }

  /// The 32 bytes of a digest, the most significant first.
  ///
  /// Fails when there are more or fewer than 32 bytes.
  public init?(bytes: some Sequence<UInt8>) {
    var words: [UInt64] = [0, 0, 0, 0]
    var count = 0
    for byte in bytes {
      guard count < 32 else { return nil }
      words[count / 8] = words[count / 8] << 8 | UInt64(byte)
      count += 1
    }
    guard count == 32 else { return nil }
    self.words = (words[0], words[1], words[2], words[3])
  }

  static let prefix = "sha256:"
  static let digitCount = 64

  /// The 64 hexadecimal digits without the algorithm.
  public var hex: String {
    String(unsafeUninitializedCapacity: Self.digitCount) { buffer in
      var position = 0
      for word in [words.0, words.1, words.2, words.3] {
        for shift in stride(from: 60, through: 0, by: -4) {
          buffer[position] = ASCII.hexDigit(UInt8(truncatingIfNeeded: word >> UInt64(shift)) & 0xf)
          position += 1
        }
      }
      return Self.digitCount
    }
  }

  public static func == (left: Self, right: Self) -> Bool { left.words == right.words }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(words.0)
    hasher.combine(words.1)
    hasher.combine(words.2)
    hasher.combine(words.3)
  }
}

extension Digest: Comparable {
  public static func < (left: Self, right: Self) -> Bool { left.words < right.words }
}

extension Digest: LosslessStringConvertible {
  public var description: String { Self.prefix + hex }
}
