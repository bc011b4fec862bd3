/// The character classes of OCI references and digests, which are ASCII and nothing else.
package enum ASCII {
  static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
  static let lowerCase = UInt8(ascii: "a")...UInt8(ascii: "z")
  static let upperCase = UInt8(ascii: "A")...UInt8(ascii: "Z")
  static let lowerCaseHex = UInt8(ascii: "a")...UInt8(ascii: "f")

  static func isLowerCaseOrDigit(_ byte: UInt8) -> Bool { lowerCase ~= byte || digits ~= byte }

  static func isAlphanumeric(_ byte: UInt8) -> Bool { isLowerCaseOrDigit(byte) || upperCase ~= byte }

  static func isLowerCaseHex(_ byte: UInt8) -> Bool { digits ~= byte || lowerCaseHex ~= byte }

  package static func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case digits: byte - digits.lowerBound
    case lowerCaseHex: byte - lowerCaseHex.lowerBound + 10
    default: nil
    }
  }

  /// The sixteen hexadecimal digits of a word, eight and eight, in memory's order.
  static func hexDigits(_ word: UInt64) -> (UInt64, UInt64) {
    (hexDigits(ofHalf: word >> 32).bigEndian, hexDigits(ofHalf: word & 0xffff_ffff).bigEndian)
  }

  /// All eight at once: each digit is a byte of the number.
  private static func hexDigits(ofHalf half: UInt64) -> UInt64 {
    let pairs = (half << 16 | half) & 0x0000_ffff_0000_ffff
    let bytes = (pairs << 8 | pairs) & 0x00ff_00ff_00ff_00ff
    let values = (bytes << 4 | bytes) & 0x0f0f_0f0f_0f0f_0f0f
    // Six more makes sixteen of what is above nine.
    let letters = (values + 0x0606_0606_0606_0606) >> 4 & 0x0101_0101_0101_0101
    let fromDigitsToLetters = UInt64(lowerCaseHex.lowerBound - digits.lowerBound - 10)
    return values + 0x3030_3030_3030_3030 + letters * fromDigitsToLetters
  }

  /// The word of sixteen lower-case hexadecimal digits, eight and eight, as ``hexDigits(_:)`` gives them.
  package static func word(ofHexDigits first: UInt64, _ second: UInt64) -> UInt64 {
    half(ofHexDigits: first.bigEndian) << 32 | half(ofHexDigits: second.bigEndian)
  }

  private static func half(ofHexDigits digits: UInt64) -> UInt64 {
    // The last four bits of "a" are 1, and only letters have the seventh.
    let values = (digits & 0x0f0f_0f0f_0f0f_0f0f) + (digits >> 6 & 0x0101_0101_0101_0101) * 9
    let bytes = (values | values >> 4) & 0x00ff_00ff_00ff_00ff
    let pairs = (bytes | bytes >> 8) & 0x0000_ffff_0000_ffff
    return (pairs | pairs >> 16) & 0xffff_ffff
  }
}
