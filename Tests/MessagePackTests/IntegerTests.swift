import MessagePack
import Testing

@Suite struct IntegerTests {
  @Test(
    "An unsigned integer takes its shortest form and comes back",
    arguments: [
      (0, [0x00]), (1, [0x01]), (0x7f, [0x7f]),
      (0x80, [0xcc, 0x80]), (0xff, [0xcc, 0xff]),
      (0x100, [0xcd, 0x01, 0x00]), (0xffff, [0xcd, 0xff, 0xff]),
      (0x1_0000, [0xce, 0, 1, 0, 0]), (0xffff_ffff, [0xce, 0xff, 0xff, 0xff, 0xff]),
      (0x1_0000_0000, [0xcf, 0, 0, 0, 1, 0, 0, 0, 0]),
      (UInt64(Int64.max), [0xcf, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
      (UInt64.max, [0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]),
    ] as [(UInt64, [UInt8])])
  func unsigned(value: UInt64, bytes: [UInt8]) throws {
    #expect(packed { $0.pack(value) } == bytes)
    try unpack(bytes) { root in
      #expect(root.kind == .uint)
      #expect(root.uint64 == value)
      #expect(root.int64 == Int64(exactly: value))
    }
  }

  @Test(
    "A signed integer takes its shortest form and comes back",
    arguments: [
      (0, [0x00]), (0x7f, [0x7f]), (0x80, [0xcc, 0x80]), (0x100, [0xcd, 0x01, 0x00]),
      (0x1_0000, [0xce, 0, 1, 0, 0]), (0x1_0000_0000, [0xcf, 0, 0, 0, 1, 0, 0, 0, 0]),
      (-1, [0xff]), (-32, [0xe0]), (-33, [0xd0, 0xdf]), (-128, [0xd0, 0x80]),
      (-129, [0xd1, 0xff, 0x7f]), (-0x8000, [0xd1, 0x80, 0x00]),
      (-0x8001, [0xd2, 0xff, 0xff, 0x7f, 0xff]), (-0x8000_0000, [0xd2, 0x80, 0, 0, 0]),
      (-0x8000_0001, [0xd3, 0xff, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff]),
      (Int64.min, [0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0]),
    ] as [(Int64, [UInt8])])
  func signed(value: Int64, bytes: [UInt8]) throws {
    #expect(packed { $0.pack(value) } == bytes)
    try unpack(bytes) { root in
      #expect(root.kind == (value < 0 ? .int : .uint))
      #expect(root.int64 == value)
      #expect(root.uint64 == UInt64(exactly: value))
    }
  }

  @Test(
    "An integer is read from a longer form than it needs",
    arguments: [
      [0xcc, 5], [0xcd, 0, 5], [0xce, 0, 0, 0, 5], [0xcf, 0, 0, 0, 0, 0, 0, 0, 5],
      [0xd0, 5], [0xd1, 0, 5], [0xd2, 0, 0, 0, 5], [0xd3, 0, 0, 0, 0, 0, 0, 0, 5],
    ] as [[UInt8]])
  func longForms(bytes: [UInt8]) throws {
    try unpack(bytes) { root in
      #expect(root.uint64 == 5)
      #expect(root.int64 == 5)
    }
  }
}
