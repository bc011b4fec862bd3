import MessagePack
import Testing

@Suite struct ValueTests {
  @Test(
    "A string of any length takes its shortest head and comes back",
    arguments: [
      (0, [0xa0]), (1, [0xa1]), (31, [0xbf]), (32, [0xd9, 32]), (255, [0xd9, 255]),
      (256, [0xda, 1, 0]), (65_535, [0xda, 0xff, 0xff]), (65_536, [0xdb, 0, 1, 0, 0]),
    ] as [(Int, [UInt8])])
  func strings(length: Int, head: [UInt8]) throws {
    let text = String(repeating: "x", count: length)
    let bytes = packed { $0.pack(text) }
    #expect(bytes == head + Array(text.utf8))
    try unpack(bytes) { (root) throws(MessagePackError) in
      #expect(root.kind == .string)
      #expect(root.byteCount == length)
      #expect(try root.string(at: "text") == text)
    }
  }

  @Test(
    "A binary of any length takes its shortest head and comes back",
    arguments: [
      (0, [0xc4, 0]), (1, [0xc4, 1]), (255, [0xc4, 255]), (256, [0xc5, 1, 0]),
      (65_535, [0xc5, 0xff, 0xff]), (65_536, [0xc6, 0, 1, 0, 0]),
    ] as [(Int, [UInt8])])
  func binaries(length: Int, head: [UInt8]) throws {
    let body = [UInt8](repeating: 0xc1, count: length)
    let bytes = packed { $0.pack(binary: body.span.bytes) }
    #expect(bytes == head + body)
    try unpack(bytes) { root in
      #expect(root.kind == .binary)
      #expect(root.withBytes { Array($0) } == body)
    }
  }

  @Test(
    "An array of any length takes its shortest head and comes back",
    arguments: [
      (0, [0x90]), (15, [0x9f]), (16, [0xdc, 0, 16]), (65_535, [0xdc, 0xff, 0xff]), (65_536, [0xdd, 0, 1, 0, 0]),
    ] as [(Int, [UInt8])])
  func arrays(length: Int, head: [UInt8]) throws {
    let bytes = packed { packer in
      packer.packArrayHeader(length)
      for element in 0..<length { packer.pack(element & 0x7f) }
    }
    #expect(bytes == head + (0..<length).map { UInt8($0 & 0x7f) })
    try unpack(bytes) { root in
      #expect(root.kind == .array)
      #expect(root.array?.count == length)
      #expect(root.array?.last?.uint64 == (length == 0 ? nil : UInt64((length - 1) & 0x7f)))
    }
  }

  @Test(
    "A map of any length takes its shortest head and comes back",
    arguments: [
      (0, [0x80]), (15, [0x8f]), (16, [0xde, 0, 16]), (65_535, [0xde, 0xff, 0xff]), (65_536, [0xdf, 0, 1, 0, 0]),
    ] as [(Int, [UInt8])])
  func maps(length: Int, head: [UInt8]) throws {
    let bytes = packed { packer in
      packer.packMapHeader(length)
      for pair in 0..<length {
        packer.pack(pair)
        packer.pack(pair % 2 == 0)
      }
    }
    #expect(Array(bytes.prefix(head.count)) == head)
    try unpack(bytes) { root in
      #expect(root.kind == .map)
      #expect(root.map?.count == length)
      #expect(root.map?.last?.key.int64 == (length == 0 ? nil : Int64(length - 1)))
      #expect(root.map?.last?.value.bool == (length == 0 ? nil : length % 2 == 1))
    }
  }

  @Test(
    "Nil, booleans and numbers",
    arguments: [
      ([0xc0], .nil), ([0xc2], .bool), ([0xc3], .bool),
      ([0xca, 0x3f, 0xc0, 0, 0], .float), ([0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0], .float),
    ] as [([UInt8], Value.Kind)])
  func simple(bytes: [UInt8], kind: Value.Kind) throws {
    try unpack(bytes) { root in
      #expect(root.kind == kind)
      #expect(root.isNil == (kind == .nil))
      #expect(root.bool == (kind == .bool ? bytes == [0xc3] : nil))
      #expect(root.double == (kind == .float ? 1.5 : nil))
      #expect(root.uint64 == nil && root.int64 == nil && root.byteCount == nil)
      #expect(root.array == nil && root.map == nil && root.extensionType == nil)
    }
    #expect(packed { $0.packNil() } == [0xc0])
    #expect(packed { $0.pack(true) } + packed { $0.pack(false) } == [0xc3, 0xc2])
    #expect(packed { $0.pack(1.5) } == [0xcb, 0x3f, 0xf8, 0, 0, 0, 0, 0, 0])
  }

  @Test("An extension shows its type and bytes", arguments: [1, 2, 4, 8, 16, 17, 255, 256, 65_535, 65_536])
  func extensions(length: Int) throws {
    let sizes: [Int: UInt8] = [1: 0xd4, 2: 0xd5, 4: 0xd6, 8: 0xd7, 16: 0xd8]
    let head: [UInt8] =
      if let fixed = sizes[length] {
        [fixed]
      } else if length < 256 {
        [0xc7, UInt8(length)]
      } else if length < 65_536 {
        [0xc8, UInt8(length >> 8), UInt8(length & 0xff)]
      } else {
        [0xc9, 0, UInt8(length >> 16), UInt8(length >> 8 & 0xff), UInt8(length & 0xff)]
      }
    try unpack(head + [0xff] + [UInt8](repeating: 3, count: length)) { root in
      #expect(root.kind == .extension)
      #expect(root.extensionType == -1)
      #expect(root.byteCount == length)
    }
  }

  @Test("The request of the documentation, key by key")
  func realRequest() throws {
    try unpack(request, limits: .request) { (root) throws(MessagePackError) in
      guard let filter = root.map?.first, let image = filter.value.map?.first?.value.map?.first else {
        throw root.mismatch(at: "request", expected: "a filter")
      }
      #expect(filter.key.equals("filter"))
      #expect(!filter.key.equals("filte") && !filter.key.equals("filterr") && !filter.key.equals(""))
      #expect(image.key.equals("image"))
      #expect(try image.value.string(at: "filter.image.image") == "busybox")
    }
  }

  @Test("Every format of the specification is read")
  func everyKind() throws {
    try unpack(everyFormat) { root in
      let kinds = root.array.map { $0.map(\.kind) } ?? []
      #expect(kinds.count == 35)
      #expect(kinds.filter { $0 == .extension }.count == 8)
      #expect(kinds.filter { $0 == .string }.count == 4)
    }
  }
}
