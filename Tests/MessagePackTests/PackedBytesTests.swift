import MessagePack
import Testing

@Suite struct PackedBytesTests {
  private struct DispatchError: Error {}

  private func copy(of bytes: [UInt8]) -> PackedBytes {
    PackedBytes(copying: bytes.span.bytes)
  }

  @Test("A packer hands over what was written", arguments: [0, 1, 475, 9_000, 100_000])
  func finish(length: Int) {
    let body = [UInt8](repeating: 7, count: length)
    var packer = Packer(capacity: length / 2)
    packer.append(encoded: body.span.bytes)
    #expect(packer.count == length)
    let bytes = packer.finish()
    #expect(bytes.count == length)
    #expect(bytes.withBytes { Array($0) } == body)
    #expect(bytes == copy(of: body))
  }

  @Test("A packer begins again", arguments: [true, false])
  func removeAll(keepingCapacity: Bool) {
    var packer = Packer()
    packer.pack("before")
    packer.removeAll(keepingCapacity: keepingCapacity)
    #expect(packer.count == 0)
    packer.pack(true)
    #expect(packer.withBytes { Array($0) } == [0xc3])
  }

  @Test("Bytes are equal by content")
  func equality() {
    let some = copy(of: request)
    #expect(some == some)
    #expect(some == copy(of: request))
    #expect(some != copy(of: everyFormat))
    #expect(
      some != PackedBytes(capacity: request.count) { $0.append(repeating: 0, count: request.count, as: UInt8.self) })
  }

  @Test("The address stays")
  func address() {
    let bytes = copy(of: request)
    let first = bytes.withUnsafeBytes { $0.baseAddress.map(UInt.init(bitPattern:)) }
    #expect(first != nil)
    #expect(bytes.withUnsafeBytes { $0.baseAddress.map(UInt.init(bitPattern:)) } == first)
  }

  @Test(
    "Memory of retired bytes is used again only when nobody else holds them",
    arguments: [
      (held: false, capacity: 1_000, taken: true), (held: false, capacity: 600, taken: true),
      (held: true, capacity: 1_000, taken: false), (held: false, capacity: 1_001, taken: false),
      (held: false, capacity: 400, taken: false),
    ])
  func reuse(held: Bool, capacity: Int, taken: Bool) {
    var retired: PackedBytes? = PackedBytes(capacity: 1_000) { $0.append(1) }
    let content = request
    let holder = held ? retired : nil
    let bytes = PackedBytes(capacity: capacity, reusing: &retired) { output, kept in
      #expect(kept == (taken ? 1 : 0))
      output.append(contentsOf: content.span.bytes)
    }
    #expect((retired == nil) == taken)
    #expect(bytes.withBytes { Array($0) } == request)
    #expect(holder.map { $0.withBytes { Array($0) } } == (held ? [1] : nil))
  }

  @Test("An error while bytes are made comes out")
  func failure() {
    #expect(throws: DispatchError.self) {
      try PackedBytes(capacity: 10) { (_) throws(DispatchError) in throw DispatchError() }
    }
  }
}
