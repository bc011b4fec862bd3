import MessagePack
import Testing

@Suite struct HostileTests {
  static let nested = [UInt8](repeating: 0x91, count: 100_000)
  static let long = [0xc6, 0, 0, 0xff, 0xfc] + [UInt8](repeating: 0, count: 65_532)

  @Test(
    "A hostile message is refused with the right code",
    arguments: [
      ("nothing", [], .empty),
      ("an array of 67 million", [0xdd, 0x04, 0, 0, 0], .tooManyElements),
      ("a map of four thousand million", [0xdf, 0xff, 0xff, 0xff, 0xff], .tooManyElements),
      ("100,000 arrays", nested, .tooManyBytes),
      ("60,000 arrays", Array(nested.prefix(60_000)), .tooDeep),
      ("17 arrays", [UInt8](repeating: 0x91, count: 16) + [0x90], .tooDeep),
      ("a reserved byte", [0xc1], .reservedByte),
      ("a reserved byte inside", [0x92, 0x01, 0xc1], .reservedByte),
      ("a string of 4 GiB", [0xdb, 0xff, 0xff, 0xff, 0xff, 97], .truncated),
      ("a binary of 4 GiB", [0xc6, 0xff, 0xff, 0xff, 0xff], .truncated),
      ("an extension of 4 GiB, whose length msgpack-c wraps", [0xc9, 0xff, 0xff, 0xff, 0xff, 1], .truncated),
      ("an extension without its type", [0xc7, 0], .truncated),
      ("an array of 3 with 2", [0x93, 1, 2], .truncated),
      ("a map without its last value", [0x82, 1, 2, 3], .truncated),
      ("two objects", [0x01, 0x02], .trailingBytes),
      ("a byte after a map", [0x80, 0xc0], .trailingBytes),
      ("64 KiB and a byte", long, .tooManyBytes),
      ("1,025 elements", [0xdc, 4, 1] + [UInt8](repeating: 0, count: 1_025), .tooManyElements),
      ("1,025 pairs", [0xde, 4, 1] + [UInt8](repeating: 0, count: 2_050), .tooManyElements),
    ] as [(String, [UInt8], MessagePackError.Code)])
  func refused(name: String, bytes: [UInt8], code: MessagePackError.Code) {
    #expect(refusal(of: bytes) == code, "\(name)")
    #expect(code.isLimit == [.tooManyBytes, .tooDeep, .tooManyElements].contains(code))
  }

  @Test(
    "What just fits is accepted",
    arguments: [
      ("64 KiB", [0xc6, 0, 0, 0xff, 0xfb] + [UInt8](repeating: 0, count: 65_531)),
      ("16 arrays", [UInt8](repeating: 0x91, count: 15) + [0x90]),
      ("1,024 elements", [0xdc, 4, 0] + [UInt8](repeating: 0, count: 1_024)),
      ("1,024 pairs", [0xde, 4, 0] + [UInt8](repeating: 0, count: 2_048)),
      ("an empty extension", [0xc7, 0, 1]),
    ] as [(String, [UInt8])])
  func accepted(name: String, bytes: [UInt8]) {
    #expect(refusal(of: bytes) == nil, "\(name)")
  }

  @Test(
    "The limit of depth is never more than libmsgpack's own",
    arguments: [(32, nil), (33, .tooDeep)] as [(Int, MessagePackError.Code?)])
  func deepest(depth: Int, code: MessagePackError.Code?) {
    let bytes = [UInt8](repeating: 0x91, count: depth - 1) + [0x90]
    #expect(refusal(of: bytes, limits: Limits(depth: .max)) == code)
    #expect(Limits(depth: .max).depth == 32)
  }

  @Test("Limits of nothing refuse everything but a scalar")
  func nothing() {
    let limits = Limits(bytes: 5, depth: -1, elements: -1)
    #expect(refusal(of: [0x01], limits: limits) == nil)
    #expect(refusal(of: [0x90], limits: limits) == .tooDeep)
    #expect(refusal(of: [0x01], limits: Limits(bytes: -1)) == .tooManyBytes)
    #expect(refusal(of: [0x91, 1], limits: Limits(elements: 0)) == .tooManyElements)
  }

  @Test(
    "A message cut off anywhere is truncated, one with a byte more is not one message",
    arguments: [request, everyFormat])
  func cut(message: [UInt8]) {
    #expect(refusal(of: message) == nil)
    for length in 1..<message.count {
      #expect(refusal(of: Array(message.prefix(length))) == .truncated)
    }
    #expect(refusal(of: message + [0xc1]) == .trailingBytes)
  }

  @Test(
    "An error names the place and the limit",
    arguments: [
      ([0x92, 1, 0xc1], 2, "byte 2 is 0xc1, which MessagePack never uses"),
      ([0x01, 0x02], 1, "1 bytes follow the object, from byte 1 on; expected one object and nothing else"),
      ([0x91, 0xa5, 97], 1, "the message ends early: the object at byte 1 declares a length of 5"),
      ([0x92, 0x01], 0, "the message ends early: the object at byte 0 declares a length of 2"),
      ([0xdd, 4, 0, 0, 0], 0, "the container at byte 0 has 67108864 elements; at most 1024 are allowed"),
    ] as [([UInt8], Int, String)])
  func places(bytes: [UInt8], offset: Int, message: String) throws {
    let error = try #require(throws: MessagePackError.self) { try unpack(bytes, limits: .request) { _ in } }
    #expect(error.offset == offset)
    #expect(error.message == message)
  }
}
