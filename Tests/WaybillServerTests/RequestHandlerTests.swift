import ImageAPI
import ImageRegistry
import ImageWire
import Logging
import MessagePack
import ServiceTesting
import Testing

@testable import WaybillServer

@Suite struct RequestHandlerTests {
  private func reply(_ bytes: [UInt8], _ registry: ImageRegistry) -> [UInt8] {
    var handler = RequestHandler(registry: registry)
    return handler.reply(to: bytes.span.bytes).withBytes { Array($0) }
  }

  @Test(
    "Whatever the bytes are, there is one reply, in the form of the request",
    arguments: [
      ([], .invalidArgument, nil), ([0xc1], .invalidArgument, nil), ([0xc0], .invalidArgument, nil),
      ([0x05], .invalidArgument, nil), ([0x81], .invalidArgument, nil), ([0x80, 0x80], .invalidArgument, nil),
      ([0x81, 0xa1, 0x78, 0x01], .invalidArgument, nil), ([0x81, 0x01, 0x01], .invalidArgument, nil),
      ([0x81, 0xa1, 0xff, 0x01], .invalidArgument, nil), (Array("GET / HTTP/1.1\r\n\r\n".utf8), .invalidArgument, nil),
      ([0xdd, 4, 0, 0, 0], .resourceExhausted, nil), ([0xdf, 255, 255, 255, 255], .resourceExhausted, nil),
      ([UInt8](repeating: 0x91, count: 1_000), .resourceExhausted, nil),
      ([UInt8](repeating: 0, count: 65_537), .resourceExhausted, nil),
      ([0xdb, 255, 255, 255, 255], .invalidArgument, nil),
      ([0x91, 0], .invalidArgument, nil), ([0x94, 0, 7, 0xa1, 0x78, 0x90], .unimplemented, 7),
      ([0x94, 0, 7, 0xa1, 0x78, 0xc0], .invalidArgument, 7), ([0x93, 2, 0xa1, 0x78, 0x90], .invalidArgument, nil),
      ([0x94, 0, 7, 0xaa] + Array("ListImages".utf8) + [0x91, 0x05], .invalidArgument, 7),
    ] as [([UInt8], StatusCode, UInt8?)])
  func hostile(bytes: [UInt8], code: StatusCode, messageID: UInt8?) throws {
    let reply = reply(bytes, registry(of: ["a"]))
    let map: [UInt8] = [0x83, 0xa4] + Array("code".utf8) + [UInt8(code.rawValue), 0xa6] + Array("status".utf8)
    let head = messageID.map { [0x94, 1, $0] } ?? [0x81, 0xa5] + Array("error".utf8)
    #expect(reply.starts(with: head + map))
    #expect(reply.last == 0xc0 || messageID == nil)
    #expect(reply.count < 600)
    var unpacker = Unpacker()
    try unpacker.unpack(reply.span.bytes) { root in #expect(root.array?.count == (messageID == nil ? nil : 4)) }
  }

  @Test("A good request after a bad one, by the same handler")
  func reuse() {
    let registry = registry(of: ["a", "b"])
    var handler = RequestHandler(registry: registry)
    for bytes: [UInt8] in [[0xc1], [], [0x90], [UInt8](repeating: 0x91, count: 70_000)] {
      _ = handler.reply(to: bytes.span.bytes)
      let good = handler.reply(to: ([0x80] as [UInt8]).span.bytes).withBytes { Array($0) }
      #expect(good == listReply(["a", "b"], etag: registry.snapshot.etag))
    }
  }

  @Test("Lists in both forms, found and not found")
  func lists() throws {
    let registry = registry(of: ["busybox", "Embedded:One"])
    let etag = registry.snapshot.etag
    let whole = listReply(["busybox", "Embedded:One"], etag: etag)
    #expect(reply([0x80], registry) == whole)
    let rpc: [UInt8] = [0x94, 0, 7, 0xaa] + Array("ListImages".utf8) + [0x90]
    #expect(reply(rpc, registry) == [0x94, 1, 7, 0xc0] + whole)
    func ask(_ image: String) -> [UInt8] { packed { $0.pack(ListImagesRequest(image: image)) } }
    #expect(reply(ask("library/busybox:latest"), registry) == listReply(["busybox"], etag: etag))
    #expect(reply(ask("nginx"), registry) == listReply([], etag: etag))
    #expect(reply(ask("Foo:1"), registry).starts(with: [0x81, 0xa5] + Array("error".utf8)))
    #expect(
      reply(packed { $0.pack(ListImagesRequest(ifNoneMatch: etag)) }, registry)
        == packed { $0.packNotModified(etag: etag) })
  }

  @Test("Before the sources are read a list is refused and a status is not")
  func unready() throws {
    let registry = ImageRegistry(sources: ["oci:/a"])
    let error = APIError(.unavailable, "not read yet: oci:/a; there is no list until then")
    #expect(reply([0x80], registry) == packed { $0.pack(error, in: .plain) })
    let rpc: [UInt8] = [0x94, 0, 7, 0xaa] + Array("ListImages".utf8) + [0x90]
    #expect(reply(rpc, registry) == packed { $0.pack(error, in: .rpc(messageID: 7)) })
    registry.noteFailure(ofSource: 0, reason: "gone")
    let bytes = reply(packed { $0.packStatusRequest() }, registry)
    var unpacker = Unpacker()
    let status = try WorkerStatus(decoding: bytes.span.bytes, with: &unpacker)
    #expect(status.instance.count == 8 && !status.node.isEmpty)
    #expect(
      status
        == WorkerStatus(
          node: status.node, instance: status.instance, version: version, uptime: 0, isReady: false, images: 0,
          etag: registry.snapshot.etag,
          sources: [SourceStatus(name: "oci:/a", state: .pending, lastError: "gone")]))
  }

  @Test("A refusal has the form of the request, whatever it asks")
  func refusals() {
    let error = APIError(.permissionDenied, "no")
    var handler = RequestHandler(registry: registry(of: ["a"]))
    for bytes: [UInt8] in [[0x80], [], [0xc1]] {
      _ = handler.refuse(bytes.span.bytes, with: error)
      let reply = handler.withReply { Array($0) }
      #expect(reply == errorReply(.permissionDenied, "no"))
    }
    let rpc: [UInt8] = [0x94, 0, 7, 0xa6] + Array("Status".utf8) + [0x90]
    _ = handler.refuse(rpc.span.bytes, with: error)
    let reply = handler.withReply { Array($0) }
    #expect(reply == packed { $0.pack(error, in: .rpc(messageID: 7)) })
  }

  @Test("A message of several parts is told how many")
  func multipart() {
    var handler = RequestHandler(registry: registry(of: []))
    _ = handler.answer(multipart: 3)
    let reply = handler.withReply { Array($0) }
    #expect(reply == errorReply(.invalidArgument, "a request is one message part, got 3"))
  }

  @Test("A reply has a line at debug, with the id of its request, and none above")
  func log() {
    let recorder = LogRecorder()
    let rpc: [UInt8] = [0x94, 0, 7, 0xaa] + Array("ListImages".utf8) + [0x90]
    for level in [Logger.Level.info, .debug] {
      var logger = recorder.logger
      logger.logLevel = level
      var handler = RequestHandler(
        registry: registry(of: ["a"]), meter: RequestMeter(logger: logger), outstanding: nil)
      for request in [rpc, [0xc1]] { _ = handler.reply(to: request.span.bytes) }
    }
    let lines = recorder.entries
    #expect(lines.map(\.message) == ["answered", "answered"])
    #expect(lines.map { $0.metadata["msgid"] } == ["7", nil])
    #expect(lines.map { $0.metadata["method"] } == ["ListImages", ""])
    #expect(lines.map { $0.metadata["code"] } == ["OK", "INVALID_ARGUMENT"])
    #expect(lines.allSatisfy { Int($0.metadata["bytes"] ?? "") ?? 0 > 0 && $0.metadata["microseconds"] != nil })
  }
}
