import ImageAPI
import ImageWire
import Testing
import WireTesting

@Suite struct ReplyTests {
  private let image = Image(id: Digest(words: (1, 2, 3, 4)), repoTags: ["a:1"], user: .uid(0))

  private func decode(_ bytes: [UInt8]) throws -> ListImagesReply {
    var unpacker = replyUnpacker()
    return try ListImagesReply(decoding: bytes.span.bytes, with: &unpacker)
  }

  @Test(
    "A list, whole and in part", arguments: [nil, Digest(words: (1, 2, 3, 4))], [Envelope.plain, .rpc(messageID: 7)])
  func lists(resumption: Digest?, envelope: Envelope) throws {
    let bytes = packed { packer in
      packer.beginReply(envelope)
      packer.beginImageList(count: 1, isResumable: resumption != nil)
      packer.pack(image)
      packer.endImageList(etag: "some", resumption: resumption)
    }
    let head: [UInt8] = envelope == .plain ? [] : [0x94, 1, 7, 0xc0]
    #expect(bytes.starts(with: head))
    guard case .images(let list) = try decode(Array(bytes.dropFirst(head.count))) else {
      Issue.record("no list")
      return
    }
    #expect(list.images == [image])
    #expect(list.etag == "some")
    #expect(list.resumption == resumption)
  }

  @Test("Nothing changed")
  func notModified() throws {
    let bytes = packed { $0.packNotModified(etag: "some") }
    #expect(bytes == (["not_modified": true, "etag": "some"] as Tree).bytes)
    #expect(try decode(bytes) == .notModified(etag: "some"))
  }

  @Test("An empty list is a list, whatever keys a later version adds and whichever order they have")
  func empty() throws {
    for tree: Tree in [
      ["images": [], "etag": ""], ["etag": "", "later": [1], "images": []],
      ["continue": nil, "not_modified": false, "etag": "", "images": []],
    ] {
      guard case .images(let list) = try decode(tree.bytes) else {
        Issue.record("no list: \(tree)")
        continue
      }
      #expect(list.images.isEmpty && list.resumption == nil)
    }
  }

  @Test("An error reply is thrown as it was sent", arguments: StatusCode.allCases)
  func errors(code: StatusCode) throws {
    let sent = APIError(code, "what was wrong")
    #expect(throws: sent) { try decode(packed { $0.pack(sent, in: .plain) }) }
    #expect(throws: sent) { try decodeStatus(packed { $0.pack(sent, in: .rpc(messageID: 0)) }) }
    // A broker that cannot find a worker does not read the request, and answers in the plain form.
    #expect(throws: sent) { try decodeStatus(packed { $0.pack(sent, in: .plain) }) }
  }

  @Test("An error of a code that is not known is an internal one")
  func unknownCode() throws {
    for code: Tree in [99, -1, nil, "3", .unsigned(.max)] {
      let bytes = (["error": ["code": code, "status": "ABORTED", "message": "no", "details": []]] as Tree).bytes
      #expect(throws: APIError(.internal, "no")) { try decode(bytes) }
    }
  }

  @Test(
    "What is no reply of waybill says so, and never passes for a list",
    arguments: [
      ([:], "it has neither an error nor an etag"),
      (["images": []], "it has neither an error nor an etag"),
      (["etag": "a"], "it has neither images nor not_modified"),
      (["etag": "a", "not_modified": false], "it has neither images nor not_modified"),
      (["not_modified": true], "it has neither an error nor an etag"),
      (["images": [], "etag": "a", "continue": "b"], "continue: expected an image's id, got the string \"b\""),
      (["images": nil, "etag": "a"], "images: expected an array, got nil"),
      (["images": [["id": "a"]], "etag": "a"], "image: an id is sha256: and 64 hexadecimal digits"),
      (["images": [], "images": [], "etag": "a"], "reply: the key \"images\" stands there twice"),
      (["error": "no"], "error: expected a map, got the string \"no\""),
      (["error": ["message": 1]], "error.message: expected a string, got the integer 1"),
      ("busybox", "reply: expected a map, got the string \"busybox\""),
      ([1, 0, nil, [:]], "reply: expected a map, got an array of 4"),
      (.raw([]), "an empty message; expected one MessagePack object"),
      (
        .raw([0xdd, 255, 255, 255, 255]), "the message ends early: the object at byte 0 declares a length of 4294967295"
      ),
    ] as [(Tree, String)])
  func refused(tree: Tree, reason: String) throws {
    let error = try #require(throws: APIError.self) { try decode(tree.bytes) }
    #expect(error == APIError(.internal, "the reply is not waybill's: \(reason)"))
  }

  // MARK: Status

  private func decodeStatus(_ bytes: [UInt8]) throws -> WorkerStatus {
    var unpacker = replyUnpacker()
    return try WorkerStatus(decoding: bytes.span.bytes, with: &unpacker)
  }

  @Test("A status that is written is read as it was")
  func status() throws {
    let leftOut = (0..<3).map { SkippedImage(image: "image \($0)", path: "/srv/\0", reason: "圖像") }
    let status = WorkerStatus(
      node: "a", instance: "00000000", version: "1.2.3", uptime: .max, isReady: true, images: 5, etag: hex("e"),
      requests: RequestCounts(answered: .max, errors: 2, replyBytes: 1 << 40),
      sources: [
        SourceStatus(name: "oci:/srv/images", state: .current, images: 5, leftOut: leftOut, age: 0),
        SourceStatus(name: "", state: .pending),
        SourceStatus(name: "b", state: .stale, images: .max, age: .max, lastError: "gone"),
      ])
    let bytes = packed { packer in
      packer.beginReply(.rpc(messageID: 3))
      packer.pack(status)
    }
    #expect(bytes.starts(with: [0x94, 1, 3, 0xc0, 0x89]))
    #expect(try decodeStatus(bytes) == status)
  }

  @Test("A status counts all images left out and names a hundred")
  func manyLeftOut() throws {
    let leftOut = (0..<1_000).map { SkippedImage(image: "\($0)", path: "", reason: "") }
    let source = SourceStatus(name: "a", state: .current, leftOut: leftOut)
    #expect(source.leftOutCount == 1_000)
    #expect(source.leftOut == Array(leftOut.prefix(100)))
    let status = WorkerStatus(
      node: "", instance: "", version: "", uptime: 0, isReady: true, images: 0, etag: "", sources: [source])
    let bytes = packed { packer in
      packer.beginReply(.rpc(messageID: 0))
      packer.pack(status)
    }
    #expect(try decodeStatus(bytes) == status)
  }

  @Test(
    "What is no status says so",
    arguments: [
      ([:], "expected [1, msgid, error, result], got a map of 0"),
      ([1, 0, nil], "expected [1, msgid, error, result], got an array of 3"),
      ([0, 0, nil, [:]], "expected [1, msgid, error, result], got an array of 4"),
      ([1, 0, nil, nil], "status: expected a map, got nil"),
      ([1, 0, nil, ["requests": ["errors": -1]]], "errors: expected an integer from 0 on, got the integer -1"),
      ([1, 0, nil, ["requests": 7]], "requests: expected a map, got the integer 7"),
      ([1, 0, nil, ["uptime": -1]], "uptime: expected an integer from 0 on, got the integer -1"),
      (
        [1, 0, nil, ["sources": [["state": "odd"]]]],
        "state: expected pending, current or stale, got the string \"odd\""
      ),
      ([1, 0, nil, ["sources": [["left_out": [1]]]]], "left_out: expected a map, got the integer 1"),
      ([1, 0, "no", nil], "error: expected a map, got the string \"no\""),
    ] as [(Tree, String)])
  func noStatus(tree: Tree, reason: String) throws {
    let error = try #require(throws: APIError.self) { try decodeStatus(tree.bytes) }
    #expect(error == APIError(.internal, "the reply is not waybill's: \(reason)"))
  }
}
