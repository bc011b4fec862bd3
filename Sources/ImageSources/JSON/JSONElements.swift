/// The elements of an array, where one that is wrong does not make the others wrong.
struct JSONElements<Element: Sendable>: Sendable {
  /// Those that are what they should be, in their order.
  var good: [Element] = []
  /// Those that are not.
  var broken: [BrokenElement] = []
}

/// An element of an array that is not what it should be.
struct BrokenElement: Sendable, Hashable {
  /// Its place in the array, from 0.
  let position: Int
  let reason: String
}

extension JSONReader {
  /// Reads a document that is an array, with `body` for each element. Bytes that are not UTF-8 spoil no more than the
  /// element that they are in.
  ///
  /// - Throws: ``JSONError`` if the bytes are no JSON, or no array.
  static func readElements<Element>(
    _ bytes: [UInt8], _ what: StaticString, _ body: (inout JSONReader) throws(JSONError) -> Element
  ) throws(JSONError) -> JSONElements<Element> {
    let isUTF8 = (try? UTF8Span(validating: bytes.span)) != nil
    return try whole(bytes) { reader throws(JSONError) in
      // Go programs write an empty list as null.
      guard try !reader.takeNull() else { return JSONElements() }
      return try reader.elements(what) { reader throws(JSONError) in
        if !isUTF8 { try reader.checkUTF8() }
        return try body(&reader)
      }
    }
  }

  /// Reads an array, the value of the member `what`, with `body` for each element.
  mutating func elements<Element>(
    _ what: StaticString, _ body: (inout JSONReader) throws(JSONError) -> Element
  ) throws(JSONError) -> JSONElements<Element> {
    var elements = JSONElements<Element>()
    var position = 0
    try array(what) { reader throws(JSONError) in
      let error = try reader.attempt { reader throws(JSONError) in elements.good.append(try body(&reader)) }
      if let error { elements.broken.append(BrokenElement(position: position, reason: error.reason)) }
      position += 1
    }
    return elements
  }

  /// Checks the next value without taking it.
  private func checkUTF8() throws(JSONError) {
    var ahead = self
    try ahead.skip()
    guard (try? UTF8Span(validating: bytes.span.extracting(position..<ahead.position))) != nil else {
      throw .content("it has bytes that are not UTF-8")
    }
  }
}
