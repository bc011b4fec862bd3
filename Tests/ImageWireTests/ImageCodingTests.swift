import ImageAPI
import ImageWire
import MessagePack
import Testing
import WireTesting

@Suite struct ImageCodingTests {
  private let id = Digest(words: (0xab << 56, 0, 0, 0))

  private func decode(_ tree: Tree) throws -> Image { try decode(tree.bytes) }

  private func decode(_ bytes: [UInt8]) throws -> Image {
    var unpacker = replyUnpacker()
    return try unpacker.unpack(bytes.span.bytes, failure: { APIError($0) }) { (value) throws(APIError) in
      try Image(decoding: value)
    }
  }

  @Test("An encoded image's id is read without the rest, and compares as it does decoded")
  func idOfEncoded() {
    var generator = SystemRandomNumberGenerator()
    for _ in 0..<1_000 {
      // Equal words now and then, so that each of them decides.
      func word() -> UInt64 { Bool.random() ? 0x0123_4567_89ab_cdef : generator.next() }
      let id = Digest(words: (word(), word(), word(), word()))
      let other = Digest(words: (word(), word(), word(), word()))
      let encoded = packed { $0.pack(Image(id: id, repoTags: ["a:1"])) }
      let read = Image.id(ofEncoded: encoded.span.bytes)
      let isNotBeforeOther = Image.hasID(encoded.span.bytes, notBefore: other)
      let isNotBeforeItself = Image.hasID(encoded.span.bytes, notBefore: id)
      #expect(read == id)
      #expect(isNotBeforeOther == (id >= other))
      #expect(isNotBeforeItself)
    }
  }

  @Test("An image has all eight keys of CRI in CRI's order, byte for byte")
  func wholeImage() {
    let image = Image(
      id: id, repoTags: ["b:1", "a:1"], repoDigests: ["a@x"], size: 70_000, user: .uid(1_000),
      spec: ImageSpec(image: "i", annotations: ["k": "v", "j": "w"], userSpecifiedImage: "u", runtimeHandler: "r"),
      pinned: true)
    let head: [UInt8] = [0x88, 0xa2] + Array("id".utf8) + [0xd9, 71] + Array("sha256:ab".utf8)
    let zeros = [UInt8](repeating: UInt8(ascii: "0"), count: 62)
    let names: [UInt8] =
      [0xa9] + Array("repo_tags".utf8) + [0x92, 0xa3] + Array("a:1".utf8) + [0xa3] + Array("b:1".utf8)
      + [0xac] + Array("repo_digests".utf8) + [0x91, 0xa3] + Array("a@x".utf8)
    let numbers: [UInt8] =
      [0xa4] + Array("size".utf8) + [0xce, 0x00, 0x01, 0x11, 0x70]
      + [0xa3] + Array("uid".utf8) + [0x81, 0xa5] + Array("value".utf8) + [0xcd, 0x03, 0xe8]
      + [0xa8] + Array("username".utf8) + [0xa0]
    let annotations: [UInt8] =
      [0xab] + Array("annotations".utf8) + [0x82, 0xa1] + Array("j".utf8) + [0xa1] + Array("w".utf8)
      + [0xa1] + Array("k".utf8) + [0xa1] + Array("v".utf8)
    let spec: [UInt8] =
      [0xa4] + Array("spec".utf8) + [0x85, 0xa5] + Array("image".utf8) + [0xa1] + Array("i".utf8) + annotations
      + [0xb4] + Array("user_specified_image".utf8) + [0xa1] + Array("u".utf8)
      + [0xaf] + Array("runtime_handler".utf8) + [0xa1] + Array("r".utf8) + [0xa9] + Array("image_ref".utf8) + [0xa0]
    let pinned: [UInt8] = [0xa6] + Array("pinned".utf8) + [0xc3]
    #expect(packed { $0.pack(image) } == head + zeros + names + numbers + spec + pinned)
  }

  @Test("An image of which nothing is known has all eight keys too")
  func bareImage() {
    let tree: Tree = [
      "id": .text(id.description), "repo_tags": [], "repo_digests": [], "size": 0, "uid": nil, "username": "",
      "spec": nil, "pinned": false,
    ]
    #expect(packed { $0.pack(Image(id: id)) } == tree.bytes)
  }

  @Test(
    "A user is a uid in its wrapper, or a name, or neither",
    arguments: [
      (.unspecified, nil, ""), (.uid(0), ["value": 0], ""), (.uid(-1), ["value": -1], ""),
      (.uid(.max), ["value": .integer(.max)], ""), (.uid(.min), ["value": .integer(.min)], ""),
      (.name("nobody"), nil, "nobody"), (.name("0x10"), nil, "0x10"),
    ] as [(ImageUser, Tree, Tree)])
  func users(user: ImageUser, uid: Tree, username: Tree) throws {
    let tree: Tree = [
      "id": .text(id.description), "repo_tags": [], "repo_digests": [], "size": 0, "uid": uid, "username": username,
      "spec": nil, "pinned": false,
    ]
    let bytes = packed { $0.pack(Image(id: id, user: user)) }
    #expect(bytes == tree.bytes)
    #expect(try decode(bytes).user == user)
  }

  @Test("An image that is written is read as it was")
  func roundTrip() throws {
    let texts = ["", "a", "docker.io/library/busybox:latest", "\0\u{1b}", "圖像", String(repeating: "x", count: 70_000)]
    let specs = [
      nil, ImageSpec(), ImageSpec(image: "a", annotations: ["": "", "a": "\0", "é": "圖像"], imageRef: "b"),
      ImageSpec(annotations: Dictionary(uniqueKeysWithValues: (0..<200).map { ("key \($0)", "value") })),
    ]
    for text in texts {
      for spec in specs {
        for user in [ImageUser.unspecified, .uid(0), .uid(-1), .name("x\(text)")] {
          let image = Image(
            id: Digest(sha256Of: text.utf8), repoTags: [text, "z"], repoDigests: [text], size: .max, user: user,
            spec: spec, pinned: user == .uid(0))
          let bytes = packed { $0.pack(image) }
          let read = try decode(bytes)
          #expect(read == image)
          #expect(packed { $0.pack(read) } == bytes)
        }
      }
    }
  }

  @Test("A key that a later version adds is passed over, one that is missing has protobuf's default")
  func otherVersions() throws {
    #expect(try decode(["id": .text(id.hex), "created": [1, ["a": nil]]]) == Image(id: id))
    let image = try decode([
      "pinned": true, "spec": ["image": "a", "later": 1], "username": "x", "uid": nil, "id": .text(id.description),
    ])
    #expect(image == Image(id: id, user: .name("x"), spec: ImageSpec(image: "a"), pinned: true))
  }

  @Test(
    "What is no image",
    arguments: [
      ("busybox", "image: expected a map, got the string \"busybox\""),
      ([:], "image: an id is sha256: and 64 hexadecimal digits"),
      (["id": "abc"], "image: an id is sha256: and 64 hexadecimal digits"),
      (["id": 1], "id: expected a string, got the integer 1"),
      (["id": nil], "id: expected a string, got nil"),
      (["repo_tags": nil], "repo_tags: expected an array, got nil"),
      (["repo_tags": [nil]], "repo_tags: expected a string, got nil"),
      (["repo_digests": "a"], "repo_digests: expected an array, got the string \"a\""),
      (["size": -1], "size: expected an integer from 0 on, got the integer -1"),
      (["size": nil], "size: expected an integer from 0 on, got nil"),
      (["uid": 1_000], "uid: expected a map, got the integer 1000"),
      (["uid": [:]], "uid: expected {\"value\": integer} or nil, got a map of 0"),
      (["uid": ["value": "a"]], "uid: expected {\"value\": integer} or nil, got a map of 1"),
      (["uid": ["value": .unsigned(.max)]], "uid: expected {\"value\": integer} or nil, got a map of 1"),
      (["username": nil], "username: expected a string, got nil"),
      (["spec": []], "spec: expected a map, got an array of 0"),
      (["spec": ["annotations": []]], "annotations: expected a map, got an array of 0"),
      (["spec": ["annotations": ["a": nil]]], "annotations: expected a string, got nil"),
      (["pinned": nil], "pinned: expected true or false, got nil"),
      (["id": .text(hex("a")), "id": .text(hex("a"))], "image: the key \"id\" stands there twice"),
    ] as [(Tree, String)])
  func refused(tree: Tree, message: String) throws {
    #expect(try #require(throws: APIError.self) { try decode(tree) } == APIError(.invalidArgument, message))
  }

  @Test("A uid and a username together are refused, whichever comes first")
  func bothUsers() throws {
    for pairs: [(Tree, Tree)] in [
      [("uid", ["value": 0]), ("username", "x")], [("username", "x"), ("uid", ["value": 0])],
    ] {
      let error = try #require(throws: APIError.self) { try decode(.map([("id", .text(id.hex))] + pairs)) }
      #expect(error.message == "image: uid and username exclude each other")
    }
  }
}
