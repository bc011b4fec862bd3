import ImageAPI
import ImageRegistry
import ImageWire
import MessagePack
import ServiceTesting
import Testing
import WaybillWorker
import WireTesting
import ZeroMQ

/// Requests that no client should send, through a socket: each gets its error, and the next one is served.
@Suite struct HostileRequestTests {
  struct Case: Sendable {
    var name: String
    var parts: [[UInt8]]
    var code = StatusCode.invalidArgument
    /// The message id of the error, when it is to come over MessagePack-RPC.
    var messageID: UInt64?

    init(_ name: String, parts: [[UInt8]]) {
      (self.name, self.parts) = (name, parts)
    }

    init(_ name: String, bytes: [UInt8], code: StatusCode = .invalidArgument) {
      (self.name, self.parts, self.code) = (name, [bytes], code)
    }

    init(_ name: String, _ tree: Tree, code: StatusCode = .invalidArgument, messageID: UInt64? = nil) {
      (self.name, self.parts, self.code, self.messageID) = (name, [tree.bytes], code, messageID)
    }
  }

  // A message without any part, a lone delimiter, never leaves libzmq's REP socket: `hostile.py` sends one.
  static let cases = [
    Case("an array of 67 million", bytes: [0xdd, 4, 0, 0, 0], code: .resourceExhausted),
    Case("a map of four thousand million", bytes: [0xdf, 0xff, 0xff, 0xff, 0xff], code: .resourceExhausted),
    Case("100,000 nested arrays", bytes: [UInt8](repeating: 0x91, count: 100_000), code: .resourceExhausted),
    Case("60,000 nested arrays", bytes: [UInt8](repeating: 0x91, count: 60_000), code: .resourceExhausted),
    Case("a reserved byte", bytes: [0xc1]),
    Case("a string of 4 GiB", bytes: [0xdb, 0xff, 0xff, 0xff, 0xff]),
    Case("an integer as a key", bytes: [0x81, 0x01, 0x01]),
    Case("a key that comes twice", .map([("limit", 1), ("limit", 1)])),
    Case("text that is not UTF-8", ["filter": ["image": .raw([0xa2, 0xc3, 0x28])]]),
    Case("a key that is not UTF-8", .map([(.raw([0xa1, 0xff]), 1)])),
    Case("a byte after the object", bytes: [0x80, 0xc0]),
    Case("two parts", parts: [[0x80], [0x80]]),
    Case("three parts, all empty", parts: [[], [], []]),
    Case("200 parts", parts: [[UInt8]](repeating: [0x80], count: 200)),
    Case("nothing", bytes: []),
    Case("64 KiB and a byte", bytes: [UInt8](repeating: 0, count: 65_537), code: .resourceExhausted),
    Case("1 MiB", bytes: [UInt8](repeating: 0, count: 1 << 20), code: .resourceExhausted),
    Case("a notification", [2, "ListImages", []]),
    Case("an unknown method", [0, 7, "PullImage", []], code: .unimplemented, messageID: 7),
    Case("params that are a map", [0, 8, "ListImages", [:]], messageID: 8),
    Case("params that are nil", [0, 9, "ListImages", nil], messageID: 9),
    Case("an integer as the request in params", [0, 10, "ListImages", [5]], messageID: 10),
    Case("params where none are taken", [0, 11, "Status", [[:]]], messageID: 11),
    Case("HTTP", bytes: Array("GET / HTTP/1.1\r\n\r\n".utf8)),
  ]

  @Test func getTheirErrorAndTheNextIsServed() async throws {
    let registry = registry(of: ["a"])
    let good = listReply(["a"], etag: registry.snapshot.etag)
    try await withWorker(registry, at: [.bind("tcp://127.0.0.1:*"), .bind(uniqueIPCEndpoint())]) { endpoints in
      for endpoint in endpoints {
        let socket = try openRequester(endpoint)
        for hostile in Self.cases {
          for (index, part) in hostile.parts.enumerated() {
            try socket.send(part, more: index < hostile.parts.count - 1)
          }
          let reply = try socket.receive()
          let (bytes, hasMore) = (reply.bytes, reply.hasMore)
          #expect(!hasMore, "\(hostile.name)")
          var unpacker = Unpacker()
          let messageID = try unpacker.unpack(bytes.span.bytes) { $0.array?[1].uint64 }
          #expect(messageID == hostile.messageID, "\(hostile.name)")
          // The client's code, which throws the error of either form.
          let error = #expect(throws: APIError.self, "\(hostile.name)") {
            try WorkerStatus(decoding: bytes.span.bytes, with: &unpacker)
          }
          #expect(error?.code == hostile.code, "\(hostile.name)")

          try socket.send([0x80])
          let next = try socket.receive().bytes
          #expect(next == good, "\(hostile.name)")
        }
      }
    }
  }
}
