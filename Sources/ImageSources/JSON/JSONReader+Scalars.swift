/// A JSON string as it stands in the document, between its quotes.
struct JSONText {
  let range: Range<Int>
  let isEscaped: Bool
}

extension JSONReader {
  /// Reads a string, the value of the member `what`.
  mutating func string(_ what: StaticString) throws(JSONError) -> String {
    String(decoding: try stringBytes(what), as: UTF8.self)
  }

  /// Reads a string as its UTF-8 bytes, the value of the member `what`.
  mutating func stringBytes(_ what: StaticString) throws(JSONError) -> ArraySlice<UInt8> {
    guard nextByte() == UInt8(ascii: "\"") else { throw try mismatch("\"\(what)\" is not a string") }
    return try unescaped(try takeString())
  }

  /// Reads a whole number, the value of the member `what`: no fraction, no exponent, no quotes.
  mutating func integer(_ what: StaticString) throws(JSONError) -> Int64 {
    guard let first = nextByte(), first == UInt8(ascii: "-") || UInt8(ascii: "0")...UInt8(ascii: "9") ~= first else {
      throw try mismatch("\"\(what)\" is not a number")
    }
    let digits = String(decoding: bytes[try takeNumber()], as: UTF8.self)
    guard let value = Int64(digits) else {
      throw .content("\"\(what)\" is \(digits.prefix(40)), which is not a whole number of 64 bits")
    }
    return value
  }

  /// Takes a string without its quotes, as it stands.
  mutating func takeString() throws(JSONError) -> JSONText {
    position += 1
    let start = position
    var isEscaped = false
    while true {
      position = plainEnd(from: position)
      guard position < bytes.count else { throw syntax("a string without end") }
      switch bytes[position] {
      case UInt8(ascii: "\""):
        position += 1
        return JSONText(range: start..<position - 1, isEscaped: isEscaped)
      case UInt8(ascii: "\\"):
        isEscaped = true
        position += 1
        try checkEscape()
        position += 1
      default: throw syntax("a control character in a string")
      }
    }
  }

  /// Where the first byte is that does not stand for itself in a string.
  private func plainEnd(from start: Int) -> Int {
    let bytes = bytes.span
    var index = start
    while index + 8 <= bytes.count,
      Self.isPlain(bytes.bytes.unsafeLoadUnaligned(fromByteOffset: index, as: UInt64.self))
    {
      index += 8
    }
    while index < bytes.count, bytes[index] >= 0x20, bytes[index] != UInt8(ascii: "\""),
      bytes[index] != UInt8(ascii: "\\")
    {
      index += 1
    }
    return index
  }

  /// Whether each of eight bytes stands for itself in a string.
  private static func isPlain(_ eight: UInt64) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    /// The highest bit of a byte is set where the byte is less than `limit`, and perhaps in bytes above that one.
    func isLess(_ bytes: UInt64, _ limit: UInt8) -> UInt64 { (bytes &- ones * UInt64(limit)) & ~bytes }
    let quotes = eight ^ ones * UInt64(UInt8(ascii: "\""))
    let backslashes = eight ^ ones * UInt64(UInt8(ascii: "\\"))
    return (isLess(eight, 0x20) | isLess(quotes, 1) | isLess(backslashes, 1)) & ones << 7 == 0
  }

  private mutating func checkEscape() throws(JSONError) {
    guard position < bytes.count else { throw syntax("a string without end") }
    switch bytes[position] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      return
    case UInt8(ascii: "u"):
      guard hexNumber(at: position + 1) != nil else { throw syntax("no four hexadecimal digits after \\u") }
      position += 4
    default:
      throw syntax("an unknown escape")
    }
  }

  private func hexNumber(at start: Int) -> UInt16? {
    guard start + 4 <= bytes.count else { return nil }
    var number: UInt16 = 0
    for byte in bytes[start..<start + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
      number = number << 4 | UInt16(digit)
    }
    return number
  }

  /// The UTF-8 bytes that `text` stands for.
  ///
  /// - Throws: if it has half a surrogate pair, which is no character and which other programs replace each in its
  ///   own way.
  func unescaped(_ text: JSONText) throws(JSONError) -> ArraySlice<UInt8> {
    guard text.isEscaped else { return bytes[text.range] }
    var plain: [UInt8] = []
    var index = text.range.lowerBound
    while index < text.range.upperBound {
      guard bytes[index] == UInt8(ascii: "\\") else {
        plain.append(bytes[index])
        index += 1
        continue
      }
      let escape = bytes[index + 1]
      index += 2
      switch escape {
      case UInt8(ascii: "b"): plain.append(0x08)
      case UInt8(ascii: "f"): plain.append(0x0c)
      case UInt8(ascii: "n"): plain.append(0x0a)
      case UInt8(ascii: "r"): plain.append(0x0d)
      case UInt8(ascii: "t"): plain.append(0x09)
      case UInt8(ascii: "u"): plain += try scalar(at: &index).utf8
      default: plain.append(escape)
      }
    }
    return plain[...]
  }

  private func scalar(at index: inout Int) throws(JSONError) -> String {
    var units = [hexNumber(at: index) ?? 0]
    index += 4
    if UTF16.isLeadSurrogate(units[0]), index + 6 <= bytes.count, bytes[index] == UInt8(ascii: "\\"),
      bytes[index + 1] == UInt8(ascii: "u"), let trail = hexNumber(at: index + 2), UTF16.isTrailSurrogate(trail)
    {
      units.append(trail)
      index += 6
    }
    guard let text = String(validating: units, as: UTF16.self) else {
      throw .content("a string has half a surrogate pair")
    }
    return text
  }

  /// Takes a number by the grammar of RFC 8259, as it stands.
  mutating func takeNumber() throws(JSONError) -> Range<Int> {
    let start = position
    func byte(_ index: Int) -> UInt8? { index < bytes.count ? bytes[index] : nil }
    func digits(_ index: inout Int) -> Int {
      let first = index
      while let digit = byte(index), UInt8(ascii: "0")...UInt8(ascii: "9") ~= digit { index += 1 }
      return index - first
    }
    var index = start
    if byte(index) == UInt8(ascii: "-") { index += 1 }
    let hasLeadingZero = byte(index) == UInt8(ascii: "0")
    let count = digits(&index)
    var isNumber = count == 1 || (count > 1 && !hasLeadingZero)
    if byte(index) == UInt8(ascii: ".") {
      index += 1
      isNumber = digits(&index) > 0 && isNumber
    }
    if byte(index) == UInt8(ascii: "e") || byte(index) == UInt8(ascii: "E") {
      index += 1
      if byte(index) == UInt8(ascii: "-") || byte(index) == UInt8(ascii: "+") { index += 1 }
      isNumber = digits(&index) > 0 && isNumber
    }
    guard isNumber else { throw syntax("no value") }
    position = index
    return start..<index
  }
}
