import ImageAPI
import Testing
import WireTesting

@Suite struct ImageTests {
  @Test("Names are sorted by their bytes, and each stands once")
  func names() throws {
    let id = try #require(Digest(hex("ab")))
    let image = Image(
      id: id, repoTags: ["b", "a", "B", "b", "a:1", "é", "e\u{301}", "é", ""], repoDigests: ["z", "z"])
    #expect(
      image.repoTags.map { Array($0.utf8) } == ["", "B", "a", "a:1", "b", "e\u{301}", "é"].map { Array($0.utf8) })
    #expect(image.repoDigests == ["z"])
  }

  @Test("Two sources' words on an image: names united, and the first one's where it says anything")
  func union() throws {
    let id = try #require(Digest(hex("ab")))
    let spec = ImageSpec(image: "x", annotations: ["a": "b"])
    let first = Image(id: id, repoTags: ["a", "b"], size: 1)
    let second = Image(
      id: id, repoTags: ["b", "c"], repoDigests: ["d"], size: 2, user: .uid(0), spec: spec, pinned: true)
    #expect(
      first.united(with: second)
        == Image(
          id: id, repoTags: ["a", "b", "c"], repoDigests: ["d"], size: 1, user: .uid(0), spec: spec, pinned: true))
    #expect(
      second.united(with: Image(id: id, user: .name("x"), spec: ImageSpec()))
        == second)
  }
}
