import ImageAPI
import ImageRegistry
import Testing

@Suite struct ETagTests {
  @Test("The etag depends on what is listed, and on nothing else")
  func history() throws {
    let (a, b, c) = (try image("1", ["a"]), try image("2", ["b"]), try image("1001", ["c"]))
    let direct = registry(of: [a, b, c])
    let etag = direct.snapshot.etag
    #expect(etag == expectedETag([c, b, a]))

    let winding = ImageRegistry(sources: ["x", "y", "z"])
    winding.replaceContents(ofSource: 2, with: [c])
    winding.replaceContents(ofSource: 0, with: [try image("1", ["other"]), try image("9")])
    winding.update(source: 0, upserting: [a, b], removing: [try image("9").id])
    winding.replaceContents(ofSource: 1, with: [b])
    #expect(winding.snapshot.etag == etag)
    winding.replaceContents(ofSource: 1, with: [])
    #expect(winding.snapshot.etag == etag)
    #expect(try winding.bytes() == direct.bytes())
  }

  @Test("Any change of any field is another etag, and undone it is the same again")
  func changes() throws {
    let original = try image("1", ["a"], digests: ["b"], size: 1, user: .uid(0), spec: ImageSpec(), pinned: false)
    let others = [
      try image("2", ["a"], digests: ["b"], size: 1, user: .uid(0), spec: ImageSpec()),
      try image("1", ["b"], digests: ["b"], size: 1, user: .uid(0), spec: ImageSpec()),
      try image("1", ["a"], digests: [], size: 1, user: .uid(0), spec: ImageSpec()),
      try image("1", ["a"], digests: ["b"], size: 2, user: .uid(0), spec: ImageSpec()),
      try image("1", ["a"], digests: ["b"], size: 1, user: .unspecified, spec: ImageSpec()),
      try image("1", ["a"], digests: ["b"], size: 1, user: .name("0"), spec: ImageSpec()),
      try image("1", ["a"], digests: ["b"], size: 1, user: .uid(0)),
      try image("1", ["a"], digests: ["b"], size: 1, user: .uid(0), spec: ImageSpec(annotations: ["a": ""])),
      try image("1", ["a"], digests: ["b"], size: 1, user: .uid(0), spec: ImageSpec(), pinned: true),
    ]
    let registry = registry(of: [original])
    let etag = registry.snapshot.etag
    var seen: Set = [etag]
    for other in others {
      registry.replaceContents(ofSource: 0, with: [other])
      #expect(seen.insert(registry.snapshot.etag).inserted)
      registry.replaceContents(ofSource: 0, with: [original])
      #expect(registry.snapshot.etag == etag)
    }
    registry.update(source: 0, upserting: [try image("3")])
    #expect(seen.insert(registry.snapshot.etag).inserted)
    registry.update(source: 0, removing: [try image("3").id])
    #expect(registry.snapshot.etag == etag)
    registry.replaceContents(ofSource: 0, with: [])
    #expect(registry.snapshot.etag == hex("0"))
  }

  @Test("A snapshot keeps its etag and its list")
  func snapshots() throws {
    let registry = registry(of: [try image("1")])
    let before = registry.snapshot
    let etag = before.etag
    registry.replaceContents(ofSource: 0, with: [try image("2")])
    #expect(before.etag == etag)
    #expect(before.count == 1)
    #expect(try before.bytes() == expectedReply([try image("1")], etag: etag))
  }
}
