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

  /// Reads the same from bytes, without making a text.
  package init?(utf8 text: Span<UInt8>) {
    let isPrefixed = text.count > Self.digitCount && text.equals("sha256:", in: 0..<text.count - Self.digitCount)
    let start = isPrefixed ? text.count - Self.digitCount : 0
    guard text.count - start == Self.digitCount else { return nil }
    guard let first = Self.word(in: text.bytes, at: start), let second = Self.word(in: text.bytes, at: start + 16),
      let third = Self.word(in: text.bytes, at: start + 32), let fourth = Self.word(in: text.bytes, at: start + 48)
    else { return nil }
    words = (first, second, third, fourth)
  }

  /// The word of sixteen digits; nil where one is no lower-case hexadecimal digit, and so would be written otherwise.
  private static func word(in text: RawSpan, at offset: Int) -> UInt64? {
    let first = text.unsafeLoadUnaligned(fromByteOffset: offset, as: UInt64.self)
    let second = text.unsafeLoadUnaligned(fromByteOffset: offset + 8, as: UInt64.self)
    let word = ASCII.word(ofHexDigits: first, second)
    return ASCII.hexDigits(word) == (first, second) ? word : nil
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

  /// The 32 bytes at a place, the most significant first.
  package init(in bytes: RawSpan, at offset: Int) {
    func word(_ number: Int) -> UInt64 {
      UInt64(bigEndian: bytes.unsafeLoadUnaligned(fromByteOffset: offset + 8 * number, as: UInt64.self))
    }
    words = (word(0), word(1), word(2), word(3))
  }

  static let digitCount = 64

  /// The 64 hexadecimal digits without the algorithm.
  public var hex: String { text(after: "") }

  private func text(after prefix: StaticString) -> String {
    let start = prefix.utf8CodeUnitCount
    return String(unsafeUninitializedCapacity: start + Self.digitCount) { characters in
      let bytes = UnsafeMutableRawBufferPointer(characters)
      prefix.withUTF8Buffer { bytes.copyBytes(from: $0) }
      func write(_ word: UInt64, at offset: Int) {
        let (first, second) = ASCII.hexDigits(word)
        bytes.storeBytes(of: first, toByteOffset: start + offset, as: UInt64.self)
        bytes.storeBytes(of: second, toByteOffset: start + offset + 8, as: UInt64.self)
      }
      write(words.0, at: 0)
      write(words.1, at: 16)
      write(words.2, at: 32)
      write(words.3, at: 48)
      return start + Self.digitCount
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
  public var description: String { text(after: "sha256:") }
}
