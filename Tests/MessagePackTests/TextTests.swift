import MessagePack
import Testing

@Suite struct TextTests {
  @Test(
    "What is not a string and what is not UTF-8 are different errors",
    arguments: [
      ([0x05], .wrongType, "name: expected a string, got the integer 5"),
      ([0xc4, 1, 97], .wrongType, "name: expected a string, got a binary of 1 bytes"),
      ([0xa2, 97, 0xff], .invalidUTF8, "name: the string \"a\u{fffd}\" is not UTF-8 at byte 1 of it"),
      ([0xa2, 0xc0, 0x80], .invalidUTF8, nil),
      ([0xa3, 0xed, 0xa0, 0x80], .invalidUTF8, nil),
      ([0xa3, 0xe2, 0x82, 0xac], nil, nil),
    ] as [([UInt8], MessagePackError.Code?, String?)])
  func validation(bytes: [UInt8], code: MessagePackError.Code?, message: String?) throws {
    try unpack(bytes) { root in
      do throws(MessagePackError) {
        try root.checkString(at: "name")
        #expect(try root.string(at: "name") == "€")
        #expect(code == nil)
      } catch {
        #expect(error.code == code)
        #expect(message == nil || error.message == message)
        #expect(throws: error) { try root.string(at: "name") }
      }
    }
  }

  @Test(
    "A summary names the value",
    arguments: [
      ([0xc0], "nil"), ([0xc3], "true"), ([0x05], "the integer 5"), ([0xff], "the integer -1"),
      ([0xcf, 255, 255, 255, 255, 255, 255, 255, 255], "the integer 18446744073709551615"),
      ([0xca, 0x3f, 0xc0, 0, 0], "the number 1.5"), ([0x92, 1, 2], "an array of 2"), ([0x80], "a map of 0"),
      ([0xd4, 7, 1], "an extension of type 7, 1 bytes"), ([0xa0], "the string \"\""),
      ([0xa3, 97, 10, 98], #"the string "a\nb""#), ([0xa2, 0x1b, 0x22], #"the string "\u{1B}\"""#),
      ([0xa3, 0xe2, 0x80, 0xae], #"the string "\u{202E}""#), ([0xa3, 0xe2, 0x82, 0xac], "the string \"€\""),
    ] as [([UInt8], String)])
  func summaries(bytes: [UInt8], summary: String) throws {
    #expect(try unpack(bytes) { $0.summary } == summary)
  }

  @Test("A summary never has more than 64 characters", arguments: ["x", "\u{1b}", "€", "\u{301}", "\u{1f600}", "\""])
  func boundedSummaries(unit: String) throws {
    for count in [1, 12, 40, 47, 48, 49, 50, 64, 1_000, 60_000] {
      let summary = try unpack(packed { $0.pack(String(repeating: unit, count: count)) }) { $0.summary }
      #expect(summary.unicodeScalars.count <= 64)
      #expect(!summary.contains("\u{fffd}"))
      #expect(summary.contains("…") == (summary.unicodeScalars.count > 61))
    }
  }

  @Test("A mismatch says what was expected and what came")
  func mismatch() throws {
    let error = try unpack(packed { $0.pack("busybox") }) { $0.mismatch(at: "filter", expected: "a map") }
    #expect(error.code == .wrongType)
    #expect("\(error)" == #"filter: expected a map, got the string "busybox""#)
  }
}
