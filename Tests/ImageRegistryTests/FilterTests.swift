import Diagnostics
import ImageAPI
import ImageRegistry
import Testing

private let manifest = "sha256:" + hex("d1")
private let index = "sha256:" + hex("d2")

/// A registry that has something for each rule of a filter. Images are known by the first digits of their ids.
private func example() throws -> ImageRegistry {
  registry(
    of: [
      try image("111a", ["busybox:latest"], digests: ["busybox@\(manifest)", "busybox@\(index)"]),
      try image("111b", ["docker.io/library/busybox:1.36", "gcr.io/library/busybox:latest"]),
      try image("222", ["localhost:5000/a/b:c"], digests: ["multi@\(index)"]),
      try image("333", [], digests: ["multi@\(index)", "docker.io/library/multi@\(manifest)"]),
      try image("444", ["Test Image:v1"]), try image("555", ["none", "Embedded:Two"]), try image("666"),
      try image("777", ["abc", "\(hex("ab").dropLast()):latest"]), try image("abc"), try image("abd"),
      try image("888", ["shared:1"]), try image("999", ["docker.io/library/shared:1"]),
    ])
}

@Suite struct FilterTests {
  @Test(
    "A filter finds",
    arguments: [
      // 1: everything
      ("", ["111a", "111b", "222", "333", "444", "555", "666", "777", "888", "999", "abc", "abd"]),
      // 2: a full id
      (hex("111a"), ["111a"]), ("sha256:\(hex("111a"))", ["111a"]), (hex("111c"), []), ("sha256:\(hex("0"))", []),
      (hex("666"), ["666"]), ("sha256:\(hex("444"))", ["444"]),
      // 3: a reference, both sides normalised
      ("busybox", ["111a"]), ("busybox:latest", ["111a"]), ("library/busybox", ["111a"]),
      ("docker.io/library/busybox:latest", ["111a"]), ("docker.io/busybox", ["111a"]),
      ("index.docker.io/busybox", ["111a"]), ("busybox:1.36", ["111b"]), ("gcr.io/library/busybox", ["111b"]),
      ("gcr.io/busybox", []), ("localhost:5000/a/b:c", ["222"]), ("localhost:5000/a/b", []), ("a/b:c", []),
      ("busybox@\(manifest)", ["111a"]), ("busybox@\(index)", ["111a"]),
      ("docker.io/library/busybox:whatever@\(manifest)", ["111a"]), ("multi@\(index)", ["222", "333"]),
      ("multi@\(manifest)", ["333"]), ("multi", []), ("other@\(manifest)", []), ("shared:1", ["888", "999"]),
      // 4: the beginning of an id, unless it is a name
      ("222", ["222"]), ("2220", ["222"]), (String(hex("222").dropLast()), ["222"]), ("111a", ["111a"]),
      ("111", []), ("111b00", ["111b"]), ("22", []), ("2", []), ("abd", ["abd"]), ("abc", ["777"]),
      ("abc0", ["abc"]), ("ab", []), ("000", []), ("fff", []), ("666", ["666"]), ("sha256:222", []),
      (String(hex("ab").dropLast()), ["777"]), ("222g", []), ("222:latest", []),
      // 5: unknown but well formed
      ("nginx", []), ("registry.example/team/app:1", []), ("busybox:2", []), ("sha256:\(hex("A"))", []),
      // 7: embedded images, by their names as stored
      ("Test Image:v1", ["444"]), ("Embedded:Two", ["555"]), ("none", ["555"]), ("none:latest", ["555"]),
    ] as [(String, [String])])
  func found(filter: String, ids: [String]) throws {
    #expect(try example().images(filter).map(\.id.hex) == ids.map(hex))
  }

  @Test(
    "What is no reference at all is an error, never everything",
    arguments: [
      "Foo:1", "a//b", "-x", ":tag", "repo@sha256:abc", " ", "*", "busybox*", "busybox:", "ABC", "Test image:v1",
      "Embedded:two", "embedded:Two ", "sha256:", "\0", "busybox\0",
      "docker.io/library/Embedded:Two", "Test Image", "222A",
    ])
  func refused(filter: String) throws {
    let registry = try example()
    let error = try #require(throws: APIError.self) { try registry.images(filter) }
    #expect(error.code == .invalidArgument)
    #expect(error.message.hasPrefix("\(quoted(filter)) is not an image reference: "))
  }

  @Test("An ambiguous beginning becomes a clear one, and the other way round")
  func ambiguity() throws {
    let (first, second) = (try image("12345"), try image("12346"))
    let registry = registry(of: [first, second])
    #expect(try registry.images("1234").isEmpty)
    registry.update(source: 0, removing: [second.id])
    #expect(try registry.images("1234") == [first])
    registry.update(source: 0, upserting: [second])
    #expect(try registry.images("1234").isEmpty)
    #expect(try registry.images("12346") == [second])
  }

  @Test("The beginning of an id is told from its neighbours at both ends of a shard")
  func edges() throws {
    let last = "123" + String(repeating: "f", count: 61)
    let registry = registry(of: [try image("123"), try image(last), try image("124"), try image("122")])
    #expect(try registry.images("123").isEmpty)
    #expect(try registry.images("123f").map(\.id.hex) == [last])
    #expect(try registry.images(String(last.dropLast())).map(\.id.hex) == [last])
    #expect(try registry.images("1230").map(\.id.hex) == [hex("123")])
    #expect(try registry.images("124").count == 1)
    let ends = self.registryAtTheEnds
    #expect(try ends.images("000").count == 1)
    #expect(try ends.images("fff").count == 1)
  }

  private var registryAtTheEnds: ImageRegistry {
    registry(of: [
      Image(id: Digest(words: (0, 0, 0, 0))), Image(id: Digest(words: (.max, .max, .max, .max))),
    ])
  }

  @Test("A name goes with its image")
  func renaming() throws {
    let registry = registry(of: [try image("1", ["a", "b"])])
    registry.update(source: 0, upserting: [try image("1", ["b", "c"]), try image("2", ["a"])])
    #expect(try registry.images("a").map(\.id.hex) == [hex("2")])
    #expect(try registry.images("b").map(\.id.hex) == [hex("1")])
    #expect(try registry.images("c").map(\.id.hex) == [hex("1")])
    // The same name written otherwise is the same name, in the index once.
    registry.update(source: 0, upserting: [try image("1", ["c:latest", "docker.io/library/c"])])
    registry.update(source: 0, upserting: [try image("1", ["library/c"])])
    #expect(try registry.images("c").map(\.id.hex) == [hex("1")])
    registry.update(source: 0, upserting: [try image("1")])
    #expect(try registry.images("c").isEmpty)
    #expect(try registry.images(hex("1")).count == 1)
  }

  @Test("A limit and a filter together")
  func limits() throws {
    let registry = try example()
    let first = try registry.list(ListImagesRequest(image: "shared:1", limit: 1))
    #expect(first.images.map(\.id.hex) == [hex("888")])
    #expect(first.resumption == first.images.last?.id)
    let second = try registry.list(ListImagesRequest(image: "shared:1", limit: 1, resumption: first.resumption))
    #expect(second.images.map(\.id.hex) == [hex("999")])
    #expect(second.resumption == nil)
    let third = try registry.list(ListImagesRequest(image: "shared:1", resumption: second.images.last?.id))
    #expect(third.images.isEmpty && third.resumption == nil)
    #expect(try registry.list(ListImagesRequest(image: "shared:1", limit: 2)).resumption == nil)
    #expect(try registry.list(ListImagesRequest(image: "nginx", limit: 1)).resumption == nil)
  }
}
