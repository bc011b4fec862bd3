import ImageAPI
import MessagePack
import Testing

@testable import ImageRegistry

@Suite struct SelectionTests {
  private let registry = ImageRegistryTests.registry(
    of: (1...50).map { Image(id: Digest(words: ($0 << 60 | $0, 0, 0, $0)), repoTags: ["image-\($0)"], size: $0) })

  private func select(
    _ image: String = "", ifNoneMatch etag: String? = nil, limit: Int? = nil, after resumption: Digest? = nil
  ) throws -> Selection {
    try registry.snapshot.select(
      ListImagesRequest(image: image, ifNoneMatch: etag, limit: limit, resumption: resumption))
  }

  @Test("The images of a selection are those of its reply, whatever was asked for")
  func images() throws {
    let all = try registry.images()
    #expect(try select().images == all)
    #expect(try select().count == 50)
    #expect(try select("image-7").images == all.filter { $0.repoTags == ["image-7"] })
    #expect(try select("nobody").images.isEmpty)
    for limit in [1, 7, 49, 50, 51] {
      let page = try select(limit: limit)
      #expect(page.images == Array(all.prefix(limit)))
      #expect(page.resumption == (limit < 50 ? all[limit - 1].id : nil))
    }
    #expect(try select(after: all[9].id).images == Array(all[10...]))
    #expect(try select(limit: 5, after: all[47].id).images == Array(all[48...]))
    #expect(try select("image-7", after: all[49].id).images.isEmpty)
  }

  @Test("A client that has the list gets a selection of nothing that says so")
  func notModified() throws {
    let selection = try select(ifNoneMatch: registry.snapshot.etag)
    #expect(selection.isNotModified && selection.images.isEmpty && selection.count == 0)
    #expect(try !select(ifNoneMatch: "other").isNotModified)
  }

  @Test("Only the list of every image is shared")
  func shared() throws {
    let list = try #require(try select().sharedReply())
    #expect(try select().sharedReply() === list)
    #expect(try select(limit: 100).sharedReply() == nil)
    #expect(try select("image-7").sharedReply() == nil)
    #expect(try select(ifNoneMatch: registry.snapshot.etag).sharedReply() == nil)
  }

  @Test("A selection stays what it was while the registry changes")
  func stable() throws {
    let selection = try select(limit: 10)
    let before = selection.images
    registry.replaceContents(ofSource: 0, with: [])
    #expect(selection.images == before && registry.snapshot.count == 0)
  }

  @Test("A source may give its images in any order, and one of them several times")
  func duplicates() throws {
    let first = try image("1", ["a"], size: 1)
    let second = try image("1", ["b"], size: 2)
    let other = try image("2", ["c"])
    let united = try image("1", ["a", "b"], size: 1)
    let registry = ImageRegistry(sources: ["one"])
    registry.replaceContents(ofSource: 0, with: [other, first, second, other])
    #expect(try registry.images() == [united, other])
    #expect(registry.sources[0].images == 2)
    #expect(registry.replaceContents(ofSource: 0, with: [first, other, second]) == ImageRegistry.Change())
    #expect(registry.replaceContents(ofSource: 0, with: [second]) == ImageRegistry.Change(changed: 1, removed: 1))
    #expect(try registry.images() == [second])
  }
}
