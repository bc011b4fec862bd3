import ImageAPI
import ImageWire
import Testing
import WireTesting

@Suite struct RequestTests {
  @Test(
    "There are many ways to ask for everything",
    arguments: [
      [:], ["filter": nil], ["filter": [:]], ["filter": ["image": nil]], ["filter": ["image": ""]],
      ["filter": ["image": [:]]], ["filter": ["image": ["image": nil]]], ["filter": ["image": ["image": ""]]],
      ["filter": ["image": ["image": "", "annotations": [:]]]], ["filter": ["image": ["annotations": ["a": "b"]]]],
      ["filter": ["annotations": ["a": "b"], "image": ""]], ["filter": ["user_specified_image": "busybox"]],
      ["filter": ["image": ["user_specified_image": "busybox", "runtime_handler": "kata", "image_ref": "busybox"]]],
      [
        "filter": [
          "image": "", "annotations": nil, "user_specified_image": nil, "runtime_handler": nil, "image_ref": nil,
        ]
      ],
      ["if_none_match": nil, "limit": nil, "continue": nil], [0, 7, "ListImages", []], [0, 7, "ListImages", [nil]],
      [0, 7, "ListImages", [[:]]], [0, 7, "ListImages", [["filter": ["image": ["image": ""]]]]],
    ] as [Tree])
  func everything(tree: Tree) {
    #expect(Request(tree).call == .success(.listImages(ListImagesRequest())))
  }

  @Test(
    "A filter names its image in two forms, and what stands beside the name does not narrow it",
    arguments: [
      ["image": "busybox"], ["image": ["image": "busybox"]], ["image": ["image": "busybox", "annotations": nil]],
      ["annotations": ["a": "b"], "image": "busybox"], ["image": ["annotations": ["a": "b"], "image": "busybox"]],
      ["image": "busybox", "user_specified_image": "alpine", "runtime_handler": "kata", "image_ref": "alpine"],
      ["image": ["image": "busybox", "user_specified_image": "x", "runtime_handler": "y", "image_ref": "z"]],
    ] as [Tree])
  func named(filter: Tree) {
    let wanted = ListImagesRequest(image: "busybox")
    let plain = Request(["filter": filter])
    #expect(plain.call == .success(.listImages(wanted)))
    #expect(plain.envelope == .plain)
    let rpc = Request([0, 4_294_967_295, "ListImages", [["filter": filter]]])
    #expect(rpc.call == .success(.listImages(wanted)))
    #expect(rpc.envelope == .rpc(messageID: .max))
  }

  @Test(
    "An empty array is an empty map, as PHP and Lua have no other",
    arguments: [
      [], ["filter": []], ["filter": ["image": []]], ["filter": ["annotations": []]],
      ["filter": ["image": ["annotations": []]]],
    ] as [Tree])
  func emptyArrays(request: Tree) {
    #expect(Request(request).call == .success(.listImages(ListImagesRequest())))
    #expect(Request(request).envelope == .plain)
    #expect(Request([0, 1, "ListImages", [request]]).call == .success(.listImages(ListImagesRequest())))
  }

  @Test(
    "The name is taken as it is, and judged only where the images are", arguments: ["Foo:1", "\u{1b}", "\0", " ", "圖像"])
  func verbatim(name: String) {
    let wanted = ListImagesRequest(image: name)
    #expect(Request(["filter": ["image": .text(name)]]).call == .success(.listImages(wanted)))
  }

  @Test("What waybill adds to CRI's request")
  func additions() throws {
    let id = try #require(Digest(hex("ab")))
    let tree: Tree = [
      "limit": 1, "continue": .text(id.description), "if_match": "some etag", "filter": ["image": "a"],
    ]
    let wanted = ListImagesRequest(image: "a", ifMatch: "some etag", limit: 1, resumption: id)
    #expect(Request(tree).call == .success(.listImages(wanted)))
    let first = Request(["limit": 1, "if_none_match": "some etag", "if_match": "other"])
    #expect(
      first.call == .success(.listImages(ListImagesRequest(ifNoneMatch: "some etag", ifMatch: "other", limit: 1))))
    #expect(Request(["continue": .text(id.hex)]).call == .success(.listImages(ListImagesRequest(resumption: id))))
    let limit = Request(["limit": .integer(.max)])
    #expect(limit.call == .success(.listImages(ListImagesRequest(limit: .max))))
  }

  @Test("A request that is written is read as it was")
  func roundTrip() throws {
    let id = try #require(Digest(hex("ab")))
    for image in ["", "busybox", "é\0"] {
      for etag in [nil, "", hex("9")] {
        for limit in [nil, 1, Int.max] {
          for resumption in [nil, id] {
            let request = ListImagesRequest(
              image: image, ifNoneMatch: resumption == nil ? etag : nil, ifMatch: etag, limit: limit,
              resumption: resumption)
            let bytes = packed { $0.pack(request) }
            #expect(Request(bytes: bytes).call == .success(.listImages(request)))
          }
        }
      }
    }
    #expect(packed { $0.pack(ListImagesRequest()) } == [0x80])
    let status = Request(bytes: packed { $0.packStatusRequest() })
    #expect(status.call == .success(.status))
    #expect(status.envelope == .rpc(messageID: 0))
  }

  @Test(
    "A request that is wrong is told what is wrong with which value",
    arguments: [
      (["fliter": [:]], "request: there is no key \"fliter\""),
      (["filter": ["imgae": "a"]], "filter: there is no key \"imgae\""),
      (["filter": ["image": ["imgae": "a"]]], "filter.image: there is no key \"imgae\""),
      (["filter": ["image": "a"], "filter": nil], "request: the key \"filter\" stands there twice"),
      (["limit": 1, "limit": 2], "request: the key \"limit\" stands there twice"),
      (["filter": ["image": "a", "image": "a"]], "filter: the key \"image\" stands there twice"),
      (
        ["filter": ["image": ["image": "a", "image": "b"]]], "filter.image: the key \"image\" stands there twice"
      ),
      (["filter": "a"], "filter: expected a map such as {\"image\": \"busybox\"}, got the string \"a\""),
      (["filter": ["a"]], "filter: expected a map such as {\"image\": \"busybox\"}, got an array of 1"),
      (["filter": ["image": 5]], "filter.image: expected a string, got the integer 5"),
      (["filter": ["image": false]], "filter.image: expected a string, got false"),
      (["filter": ["image": ["a"]]], "filter.image: expected a string, got an array of 1"),
      (["filter": ["image": ["image": ["image": "a"]]]], "filter.image: expected a string, got a map of 1"),
      (["filter": ["image": .raw([0xc4, 1, 97])]], "filter.image: expected a string, got a binary of 1 bytes"),
      (
        ["filter": ["image": .raw([0xa2, 97, 0xff])]],
        "filter.image: the string \"a\u{fffd}\" is not UTF-8 at byte 1 of it"
      ),
      (["filter": ["annotations": "a"]], "annotations: expected a map, got the string \"a\""),
      (["filter": ["annotations": ["a": 1]]], "annotations: expected a string, got the integer 1"),
      (["filter": ["annotations": [1: "a"]]], "annotations: expected a string, got the integer 1"),
      (["filter": ["user_specified_image": 1]], "user_specified_image: expected a string, got the integer 1"),
      (["filter": ["runtime_handler": true]], "runtime_handler: expected a string, got true"),
      (["filter": ["image_ref": [:]]], "image_ref: expected a string, got a map of 0"),
      (["if_none_match": 1], "if_none_match: expected a string, got the integer 1"),
      (["if_match": 1], "if_match: expected a string, got the integer 1"),
      (
        ["if_none_match": "a", "continue": .text(hex("ab"))],
        "if_none_match: it is for a first page; with continue, if_match keeps the pages of one state together"
      ),
      (["limit": 0], "limit: expected an integer from 1 on, got the integer 0"),
      (["limit": -1], "limit: expected an integer from 1 on, got the integer -1"),
      (["limit": "1"], "limit: expected an integer from 1 on, got the string \"1\""),
      (["limit": .raw([0xca, 0x3f, 0x80, 0, 0])], "limit: expected an integer from 1 on, got the number 1.0"),
      (["limit": .unsigned(.max)], "limit: expected an integer from 1 on, got the integer 18446744073709551615"),
      (["continue": "a"], "continue: expected the `continue` of an earlier reply, got the string \"a\""),
      (["continue": 1], "continue: expected a string, got the integer 1"),
      ([1: 2], "request: a key is a string, got the integer 1"),
      ([nil: 2], "request: a key is a string, got nil"),
      ([.raw([0xa1, 0xff]): 2], "request: the string \"\u{fffd}\" is not UTF-8 at byte 0 of it"),
      (["\u{1b}[31m": 1], #"request: there is no key "\u{1B}[31m""#),
    ] as [(Tree, String)])
  func wrong(tree: Tree, message: String) {
    let request = Request(tree)
    #expect(request.failure == APIError(.invalidArgument, message))
    #expect(request.envelope == .plain)
    // The same within MessagePack-RPC, answered in the caller's form.
    let rpc = Request([0, 7, "ListImages", [tree]])
    #expect(rpc.failure == APIError(.invalidArgument, message))
    #expect(rpc.envelope == .rpc(messageID: 7))
  }

  @Test(
    "A request is a map or an array",
    arguments: [
      (nil, "nil"), (true, "true"), (5, "the integer 5"), (-5, "the integer -5"), ("busybox", "the string \"busybox\""),
      (.raw([0xc4, 1, 97]), "a binary of 1 bytes"), (.raw([0xd4, 1, 97]), "an extension of type 1, 1 bytes"),
      (.raw([0xca, 0x3f, 0x80, 0, 0]), "the number 1.0"),
    ] as [(Tree, String)])
  func scalar(tree: Tree, summary: String) {
    let shape = "a request is a map such as {\"filter\": {\"image\": \"busybox\"}}, or a MessagePack-RPC array"
    #expect(Request(tree).failure == APIError(.invalidArgument, "\(shape); got \(summary)"))
    #expect(Request(tree).envelope == .plain)
  }

  @Test(
    "Bytes that are no acceptable message",
    arguments: [
      ([], .invalidArgument, "an empty message; expected one MessagePack object"),
      ([0xc1], .invalidArgument, "byte 0 is 0xc1, which MessagePack never uses"),
      ([0x81], .invalidArgument, "the message ends early: the object at byte 0 declares a length of 1"),
      (
        [0x80, 0x80], .invalidArgument,
        "1 bytes follow the object, from byte 1 on; expected one object and nothing else"
      ),
      (
        [0xdd, 4, 0, 0, 0], .resourceExhausted,
        "the container at byte 0 has 67108864 elements; at most 1024 are allowed"
      ),
      (
        [UInt8](repeating: 0x91, count: 17), .resourceExhausted,
        "the container at byte 16 is nested 17 deep; at most 16 is allowed"
      ),
      (
        [0xc6, 0, 1, 0, 0] + [UInt8](repeating: 0, count: 65_536), .resourceExhausted,
        "the message has 65541 bytes; at most 65536 are allowed"
      ),
    ] as [([UInt8], StatusCode, String)])
  func unreadable(bytes: [UInt8], code: StatusCode, message: String) {
    let request = Request(bytes: bytes)
    #expect(request.failure == APIError(code, message))
    #expect(request.envelope == .plain)
  }

  @Test("A message that is read as ASCII text instead of MessagePack says that bytes follow")
  func text() {
    #expect(Request(bytes: Array("{\"filter\": {}}".utf8)).failure?.code == .invalidArgument)
    #expect(Request(bytes: Array("GET / HTTP/1.1\r\n\r\n".utf8)).failure?.code == .invalidArgument)
  }

  @Test(
    "No value makes a long message, or one that disturbs a terminal",
    arguments: ["x", "\u{1b}", "\u{202e}", "\u{301}", "\""])
  func longValues(unit: String) throws {
    let long = Tree.text(String(repeating: unit, count: 60_000 / unit.utf8.count))
    let trees: [Tree] = [
      [long: 1], ["filter": [long: 1]], ["filter": long], ["limit": long], ["continue": long], long,
      [0, 1, long, []], [0, 1, "ListImages", long], [0, 1, "ListImages", [long]], [long], [0, long, "Status", []],
    ]
    for tree in trees {
      let message = try #require(Request(tree).failure).message
      #expect(message.utf8.count < 1_000)
      #expect(message.unicodeScalars.allSatisfy { $0.properties.generalCategory != .control })
      #expect(!message.unicodeScalars.contains("\u{202e}"))
    }
  }
}
