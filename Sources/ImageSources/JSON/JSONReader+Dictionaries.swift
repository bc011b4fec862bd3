extension JSONReader {
  /// Reads an object of which every member is a whole number that is not negative, such as the sizes of files by name.
  ///
  /// - Throws: ``JSONError`` if a member is something else, or there twice.
  mutating func sizeDictionary(_ what: StaticString) throws(JSONError) -> [String: UInt64] {
    var dictionary: [String: UInt64] = [:]
    try members { reader, key throws(JSONError) in
      let name = String(decoding: try reader.unescaped(key), as: UTF8.self)
      guard dictionary.updateValue(try reader.size(what), forKey: name) == nil else {
        throw .content("\"\(what)\" has one key twice")
      }
    }
    return dictionary
  }

  /// Reads a whole number that is not negative, the value of the member `what`.
  mutating func size(_ what: StaticString) throws(JSONError) -> UInt64 {
    let number = try integer(what)
    guard let size = UInt64(exactly: number) else { throw .content("\"\(what)\" is \(number), which is negative") }
    return size
  }
}
