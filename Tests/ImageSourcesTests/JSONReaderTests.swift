import Testing

@testable import ImageSources

@Suite struct JSONReaderTests {
  private func isJSON(_ bytes: [UInt8]) -> Bool {
    do {
      try JSONReader.read(bytes) { reader throws(JSONError) in try reader.skip() }
      return true
    } catch {
      return false
    }
  }

  @Test(arguments: [
    "{}", "[]", " [1, 2.5 ,-3e+10,0,-0.0E1]\n", #""""#, #"{"a":{"b":[null,true,false]}}"#, "\t0\r\n",
    #""\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00é😀""#, String(repeating: "[", count: 128) + String(repeating: "]", count: 128),
  ])
  func accepts(text: String) {
    #expect(isJSON(Array(text.utf8)))
  }

  @Test(arguments: [
    "", " ", "{", "}", "[1,]", "[,1]", "[1 2]", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, "{1:2}", "{a:1}", "nul", "nulll",
    "True", "'a'", "+1", "01", "-", "1.", ".5", "1e", "0x10", "NaN", "Infinity", #"""#, #""\"#, #""\x""#, #""\u12g4""#,
    #""\u12"#, "\"\n\"", "1 1", "[1]]", "//\n1", "\u{feff}1", "\0", "[1]\0",
    String(repeating: "[", count: 129) + String(repeating: "]", count: 129), String(repeating: "[", count: 500_000),
  ])
  func refuses(text: String) {
    #expect(!isJSON(Array(text.utf8)))
  }

  @Test("What does not stand for itself in a string is seen wherever it stands", arguments: 0..<24)
  func places(before: Int) throws {
    for after in [0, 1, 9] {
      let (start, end) = (
        String(repeating: "é", count: before / 3) + String(repeating: "~", count: before % 3),
        String(repeating: " ", count: after)
      )
      for (written, meant) in [
        ("", ""), (#"\""#, "\""), (#"\\"#, "\\"), (#"\n"#, "\n"), ("\u{7f}", "\u{7f}"), ("😀", "😀"),
      ] {
        let text = try JSONReader.read(Array("\"\(start)\(written)\(end)\"".utf8)) { reader throws(JSONError) in
          try reader.string("text")
        }
        #expect(text == start + meant + end)
      }
      for wrong in ["\0", "\u{1f}", "\"", "\\x"] { #expect(!isJSON(Array("\"\(start)\(wrong)\(end)\"".utf8))) }
    }
  }

  @Test(
    arguments: [
      [0x22, 0xff, 0x22], [0x22, 0xc0, 0x80, 0x22], [0x22, 0xed, 0xa0, 0x80, 0x22], [0x22, 0xe2, 0x82, 0x22],
    ] as [[UInt8]])
  func refusesWhatIsNotUTF8(bytes: [UInt8]) {
    #expect(!isJSON(bytes))
  }

  @Test(arguments: [
    (#""""#, ""), (#""a\u0000b""#, "a\0b"), (#""\u00e9\n\/""#, "é\n/"), (#""\ud83d\ude00""#, "😀"), (#""é😀""#, "é😀"),
  ])
  func strings(text: String, value: String) throws {
    let read = try JSONReader.read(Array(text.utf8)) { reader throws(JSONError) in try reader.string("it") }
    #expect(read == value)
  }

  @Test(arguments: [#""\ud800""#, #""\ude00""#, #""\ud83d\u0041""#, #""\ud83dx""#])
  func halfACharacterIsNone(text: String) {
    #expect(throws: JSONError.content("a string has half a surrogate pair")) {
      try JSONReader.read(Array(text.utf8)) { reader throws(JSONError) in try reader.string("it") }
    }
  }

  @Test(
    arguments: [("0", 0), ("-0", 0), ("9223372036854775807", .max), ("-9223372036854775808", .min)] as [(String, Int64)]
  )
  func integers(text: String, value: Int64) throws {
    let read = try JSONReader.read(Array(text.utf8)) { reader throws(JSONError) in try reader.integer("it") }
    #expect(read == value)
  }

  @Test(arguments: ["1.0", "1e2", "9223372036854775808", #""1""#, "null", "[1]"])
  func whatIsNoInteger(text: String) {
    #expect(throws: JSONError.self) {
      try JSONReader.read(Array(text.utf8)) { reader throws(JSONError) in try reader.integer("it") }
    }
  }

  /// Every beginning of a document is an error, and none reads beyond its end.
  @Test func noBeginningOfADocumentIsOne() {
    let text = #"{"a":[1.5e3,"\u00e9\ud83d\ude00\n",{"b":null}],"c":true}"#
    for length in 0..<text.utf8.count {
      #expect(!isJSON(Array(text.utf8.prefix(length))))
    }
  }
}
