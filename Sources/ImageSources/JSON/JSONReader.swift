internal import ImageAPI

/// Reads a JSON document (RFC 8259) from front to back, and only those parts of it that are asked for.
///
/// Configurations hold a whole build history of which a listing needs one string, so the rest is checked and skipped
/// without making values of it. The reader is stricter than most where leniency lets two programs read one document
/// differently: a wanted member given twice is an error, be it in upper or lower case, and so is anything after the
/// document.
struct JSONReader {
  /// Arrays and objects within each other. No document of an image comes near; a document of brackets would otherwise
  /// run the stack over.
  static let maximumDepth = 128

  let bytes: [UInt8]
  var position = 0
  private var depth = 0

  private init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// Reads the whole of `bytes` with `body`, which must read exactly one value.
  ///
  /// - Throws: ``JSONError`` if the bytes are not UTF-8, not one JSON value, or not what `body` wants.
  static func read<Value>(
    _ bytes: [UInt8], _ body: (inout JSONReader) throws(JSONError) -> Value
  ) throws(JSONError) -> Value {
    do {
      _ = try UTF8Span(validating: bytes.span)
    } catch {
      throw .syntax("bytes that are not UTF-8", at: error.byteOffsets.lowerBound)
    }
    return try whole(bytes, body)
  }

  /// Reads the whole of `bytes`, UTF-8 or not, with `body`, which must read exactly one value.
  static func whole<Value>(
    _ bytes: [UInt8], _ body: (inout JSONReader) throws(JSONError) -> Value
  ) throws(JSONError) -> Value {
    var reader = JSONReader(bytes)
    let value = try body(&reader)
    guard reader.nextByte() == nil else { throw reader.syntax("more after the end of the document") }
    return value
  }

  /// The next byte that is not white space, without taking it.
  mutating func nextByte() -> UInt8? {
    while position < bytes.count {
      let byte = bytes[position]
      guard
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\t")
          || byte == UInt8(ascii: "\r")
      else { return byte }
      position += 1
    }
    return nil
  }

  /// Takes the next byte if it is `byte`.
  mutating func take(_ byte: UInt8) -> Bool {
    guard nextByte() == byte else { return false }
    position += 1
    return true
  }

  /// Takes the next value if it is `null`, which Go programs write for an empty list.
  mutating func takeNull() throws(JSONError) -> Bool {
    guard nextByte() == UInt8(ascii: "n") else { return false }
    try takeWord("null")
    return true
  }

  /// Takes the literal `word`.
  mutating func takeWord(_ word: StaticString) throws(JSONError) {
    let end = position + word.utf8CodeUnitCount
    guard end <= bytes.count, bytes.span.equals(word, in: position..<end) else { throw syntax("no value") }
    position = end
  }

  /// Reads an object, giving each wanted member to `body`, which must read its value. A wanted member that is `null`
  /// counts as absent.
  mutating func object<Field>(
    _ fields: JSONFields<Field>, _ body: (inout JSONReader, Field) throws(JSONError) -> Void
  ) throws(JSONError) {
    var seen: UInt64 = 0
    try members { reader, key throws(JSONError) in
      guard let index = try reader.place(of: key, in: fields) else { return try reader.skip() }
      guard seen & 1 << UInt64(index) == 0 else {
        let (name, key) = (fields.name(index), try reader.unescaped(key))
        let spelling = key.elementsEqual(name.utf8) ? "" : ", once as \"\(String(decoding: key, as: UTF8.self))\""
        throw .content("it has \"\(name)\" twice\(spelling)")
      }
      seen |= 1 << UInt64(index)
      if try !reader.takeNull() { try body(&reader, fields[index]) }
    }
  }

  /// The place of a name among the wanted ones. Most names have no escapes, and are compared where they stand.
  private func place<Field>(of name: JSONText, in fields: JSONFields<Field>) throws(JSONError) -> Int? {
    guard name.isEscaped else { return fields.index(of: bytes.span.extracting(name.range)) }
    let name = try unescaped(name)
    return fields.index(of: name.span)
  }

  /// Reads an object of which every member is a string.
  mutating func stringDictionary(_ what: StaticString) throws(JSONError) -> [String: String] {
    var dictionary: [String: String] = [:]
    try members { reader, key throws(JSONError) in
      let name = String(decoding: try reader.unescaped(key), as: UTF8.self)
      let value = try reader.takeNull() ? "" : try reader.string(what)
      guard dictionary.updateValue(value, forKey: name) == nil else {
        throw .content("\"\(what)\" has one key twice")
      }
    }
    return dictionary
  }

  /// Reads an array, calling `body` to read each element.
  mutating func array(
    _ what: StaticString, _ body: (inout JSONReader) throws(JSONError) -> Void
  ) throws(JSONError) {
    guard take(UInt8(ascii: "[")) else { throw try mismatch("\"\(what)\" is not an array") }
    try enter()
    if !take(UInt8(ascii: "]")) {
      repeat { try body(&self) } while take(UInt8(ascii: ","))
      guard take(UInt8(ascii: "]")) else { throw syntax("no ',' or ']'") }
    }
    depth -= 1
  }

  /// Reads `body` and, should it find something else than it wants, what it threw and the position after the value.
  ///
  /// - Throws: what `body` throws if the text is not even JSON.
  mutating func attempt(_ body: (inout JSONReader) throws(JSONError) -> Void) throws(JSONError) -> JSONError? {
    let start = (position, depth)
    do {
      try body(&self)
      return nil
    } catch {
      guard error.kind == .content else { throw error }
      (position, depth) = start
      try skip()
      return error
    }
  }

  /// Checks and skips one value.
  mutating func skip() throws(JSONError) {
    switch nextByte() {
    case UInt8(ascii: "{"): try members { reader, _ throws(JSONError) in try reader.skip() }
    case UInt8(ascii: "["): try array("") { reader throws(JSONError) in try reader.skip() }
    case UInt8(ascii: "\""): _ = try takeString()
    case UInt8(ascii: "t"): try takeWord("true")
    case UInt8(ascii: "f"): try takeWord("false")
    case UInt8(ascii: "n"): try takeWord("null")
    default: _ = try takeNumber()
    }
  }

  /// A fault of the text where the reader stands.
  func syntax(_ reason: String) -> JSONError { .syntax(reason, at: position) }

  /// The error for a value of the wrong kind, unless the value is no JSON either, which is worse.
  mutating func mismatch(_ reason: String) throws(JSONError) -> JSONError {
    try skip()
    return .content(reason)
  }

  /// Reads an object, giving the name of each member to `body`, which must read its value.
  mutating func members(
    _ body: (inout JSONReader, JSONText) throws(JSONError) -> Void
  ) throws(JSONError) {
    guard take(UInt8(ascii: "{")) else { throw try mismatch("it is not an object where one must stand") }
    try enter()
    if !take(UInt8(ascii: "}")) {
      repeat {
        guard nextByte() == UInt8(ascii: "\"") else { throw syntax("no name of a member") }
        let key = try takeString()
        guard take(UInt8(ascii: ":")) else { throw syntax("no ':'") }
        try body(&self, key)
      } while take(UInt8(ascii: ","))
      guard take(UInt8(ascii: "}")) else { throw syntax("no ',' or '}'") }
    }
    depth -= 1
  }

  private mutating func enter() throws(JSONError) {
    depth += 1
    guard depth <= Self.maximumDepth else {
      throw syntax("arrays and objects more than \(Self.maximumDepth) deep")
    }
  }
}
