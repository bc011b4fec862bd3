import Testing

@testable import ZeroMQ

@Suite struct MessageTests {
  @Test(arguments: [0, 1, 32, 33, 34, 1000, 1_000_000])
  func copyingBytes(count: Int) throws {
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    let message = try Message(bytes)
    let (copied, size, more) = (message.bytes, message.count, message.hasMore)
    #expect(copied == bytes)
    #expect(size == count)
    #expect(!more)
  }

  @Test(arguments: [0, 33, 34, 100_000])
  func duplicatesOutliveTheirOriginal(count: Int) throws {
    let bytes = [UInt8](repeating: 7, count: count)
    func duplicate() throws -> Message {
      var original = try Message(bytes)
      _ = try original.duplicate()
      return try original.duplicate()
    }
    let copy = try duplicate()
    let copied = copy.bytes
    #expect(copied == bytes)
  }

  @Test func receivingOverAnOldMessage() throws {
    let context = try Context()
    let left = try open(.pair, in: context)
    let right = try open(.pair, in: context)
    try right.connect(try left.bind("inproc://reuse"))
    var message = try Message([UInt8](repeating: 1, count: 100_000))
    for count in [5, 50_000, 0, 33, 34] {
      try right.send([UInt8](repeating: 2, count: count))
      try left.receive(into: &message)
      let size = message.count
      #expect(size == count)
    }
  }

  @Test func errorsPassThroughWithBytes() throws {
    let message = try Message([1])
    let error = #expect(throws: ZeroMQError.self) {
      try message.withBytes { (_) throws(ZeroMQError) in
        throw ZeroMQError(.invalidArgument, operation: "read", reason: "test")
      }
    }
    #expect(error?.code == .invalidArgument)
  }

  @Test func peerAddress() throws {
    let context = try Context()
    let server = try open(.rep, in: context)
    let client = try open(.req, in: context)
    try client.connect(try server.bind("tcp://127.0.0.1:*"))
    try client.send(text: "who am I?")
    let message = try server.receive()
    let (address, type, unknown) = (message.peerAddress, message.metadata("Socket-Type"), message.metadata("X-None"))
    #expect(address == "127.0.0.1")
    #expect(type == "REQ")
    #expect(unknown == nil)
    let made = Message().peerAddress
    #expect(made == nil)
  }
}
