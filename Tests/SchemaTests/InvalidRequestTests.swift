import Foundation
import ImageAPI
import ImageWire
import MessagePack
import ServiceTesting
import Testing
import WaybillServer
import WireTesting

/// Requests that must be refused, each for the reason that `golden/invalid/manifest.json` gives.
@Suite struct InvalidRequestTests {
  struct Case: Sendable, Decodable {
    var why: String
    var status: String
    /// The msgid of the reply, when it is MessagePack-RPC.
    var msgid: UInt32?
  }

  static func cases() throws -> [String: Case] {
    let manifest = Contract.schemas.appending(path: "golden/invalid/manifest.json")
    return try JSONDecoder().decode([String: Case].self, from: Data(contentsOf: manifest))
  }

  @Test func areRefusedAndTheNextIsServed() throws {
    var handler = RequestHandler(registry: Sample.cluster())
    let good = try Contract.golden("list-images-request-filter-name")
    let answer = try Contract.golden("list-images-reply-one")
    for (name, expected) in try Self.cases() {
      let request = try Contract.golden("invalid/\(name)")
      let reply = handler.reply(to: request.span.bytes)
      let error = #expect(throws: APIError.self, "\(name): \(expected.why)") { try Self.read(reply, expected) }
      #expect(error?.code.name == expected.status, "\(name): \(expected.why)")

      let next = handler.reply(to: good.span.bytes)
      #expect(next.withBytes { [UInt8]($0) } == answer)
    }
  }

  /// Reads the reply by the client's code, which throws the error in it, once its envelope is the one expected.
  private static func read(_ reply: PackedBytes, _ expected: Case) throws {
    try reply.withBytes { bytes in
      var unpacker = Unpacker()
      let msgid = try unpacker.unpack(bytes) { (root) throws(MessagePackError) in root.array?[1].uint64 }
      try #require(msgid == expected.msgid.map(UInt64.init))
      if msgid == nil {
        _ = try ListImagesReply(decoding: bytes, with: &unpacker)
      } else {
        _ = try WorkerStatus(decoding: bytes, with: &unpacker)
      }
    }
  }
}
