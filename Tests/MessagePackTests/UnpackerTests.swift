import MessagePack
import Testing

@Suite struct UnpackerTests {
  private struct Complaint: Error, Equatable {
    let text: String
  }

  @Test("One unpacker reads good and bad messages in turn")
  func reuse() throws {
    var unpacker = Unpacker()
    let good = request
    let bad: [UInt8] = [0xc1]
    let wide = [0xdc, 4, 0] + [UInt8](repeating: 0, count: 1_024)
    for _ in 0..<100 {
      #expect(try unpacker.unpack(good.span.bytes) { $0.map?.count } == 1)
      #expect(throws: MessagePackError.self) { try unpacker.unpack(bad.span.bytes) { _ in } }
      #expect(try unpacker.unpack(wide.span.bytes) { $0.array?.count } == 1_024)
    }
  }

  @Test(
    "The caller's own error type comes out of both sides",
    arguments: [
      ([0xc1], "check: byte 0 is 0xc1, which MessagePack never uses"), ([0x05], "body: the integer 5"),
    ] as [([UInt8], String)])
  func failures(bytes: [UInt8], text: String) {
    var unpacker = Unpacker()
    do throws(Complaint) {
      try unpacker.unpack(bytes.span.bytes, failure: { Complaint(text: "check: \($0)") }) { (root) throws(Complaint) in
        throw Complaint(text: "body: \(root.summary)")
      }
    } catch {
      #expect(error == Complaint(text: text))
    }
  }

  @Test("Errors are equal by their codes")
  func equality() {
    #expect(MessagePackError(.truncated, "one") == MessagePackError(.truncated, "two"))
    #expect(MessagePackError(.truncated, "one") != MessagePackError(.empty, "one"))
    #expect("\(MessagePackError.Code.invalidUTF8)" == "invalidUTF8")
  }
}
