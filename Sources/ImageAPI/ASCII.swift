/// The character classes of OCI references and digests, which are ASCII and nothing else.
enum ASCII {
  static let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
  static let lowerCase = UInt8(ascii: "a")...UInt8(ascii: "z")
  static let upperCase = UInt8(ascii: "A")...UInt8(ascii: "Z")
  static let lowerCaseHex = UInt8(ascii: "a")...UInt8(ascii: "f")

  static func isLowerCaseOrDigit(_ byte: UInt8) -> Bool { lowerCase ~= byte || digits ~= byte }

  static func isAlphanumeric(_ byte: UInt8) -> Bool { isLowerCaseOrDigit(byte) || upperCase ~= byte }

  static func isLowerCaseHex(_ byte: UInt8) -> Bool { digits ~= byte || lowerCaseHex ~= byte }

  static func hexValue(_ byte: UInt8) -> UInt8? {
    switch byte {
    case digits: byte - digits.lowerBound
    case lowerCaseHex: byte - lowerCaseHex.lowerBound + 10
    default: nil
    }
  }

  static func hexDigit(_ value: UInt8) -> UInt8 {
    value < 10 ? digits.lowerBound + value : lowerCaseHex.lowerBound + value - 10
  }
}
