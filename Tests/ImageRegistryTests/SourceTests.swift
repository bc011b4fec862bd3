import ImageAPI
import Testing

@testable import ImageRegistry

@Suite struct SourceTests {
  @Test("There is no list until every source was read, and the error names those that were not")
  func readiness() throws {
    let registry = ImageRegistry(sources: ["oci:/a", "oci:/b", "oci:/c"])
    func refusal() -> APIError? {
      do throws(APIError) {
        _ = try registry.bytes()
        return nil
      } catch {
        return error
      }
    }
    #expect(registry.sources.map(\.state) == [.pending, .pending, .pending])
    #expect(registry.sources.map(\.age) == [nil, nil, nil])
    #expect(
      refusal() == APIError(.unavailable, "not read yet: oci:/a, oci:/b, oci:/c; there is no list until then"))
    registry.replaceContents(ofSource: 1, with: [try image("1")])
    #expect(refusal() == APIError(.unavailable, "not read yet: oci:/a, oci:/c; there is no list until then"))
    registry.noteFailure(ofSource: 2, reason: "gone")
    #expect(refusal()?.message == "not read yet: oci:/a, oci:/c; there is no list until then")
    #expect(registry.sources[2].state == .pending)
    #expect(registry.sources[2].lastError == "gone")
    // To change some images is no reading.
    registry.update(source: 0, upserting: [try image("2")])
    #expect(registry.sources[0].state == .pending)
    registry.replaceContents(ofSource: 0, with: [])
    #expect(refusal()?.message == "not read yet: oci:/c; there is no list until then")
    // An empty store is a store that was read.
    registry.replaceContents(ofSource: 2, with: [])
    #expect(refusal() == nil)
    #expect(try registry.images().count == 1)
    #expect(registry.sources.map(\.images) == [0, 1, 0])
  }

  @Test("A reading that finds nothing new makes a source ready too")
  func unchangedAtFirst() throws {
    let registry = ImageRegistry(sources: ["a"])
    registry.update(source: 0, upserting: [try image("1")])
    #expect(throws: APIError.self) { try registry.bytes() }
    registry.noteUnchanged(source: 0)
    #expect(registry.sources[0].state == .current)
    #expect(try registry.images().count == 1)
  }

  @Test("A source that fails keeps its contents, is stale, and recovers")
  func staleness() throws {
    let leftOut = [SkippedImage(image: "a", path: "b", reason: "c")]
    let registry = ImageRegistry(sources: ["a"])
    registry.replaceContents(ofSource: 0, with: [try image("1")], leftOut: leftOut)
    #expect(registry.sources == [SourceStatus(name: "a", state: .current, images: 1, leftOut: leftOut, age: 0)])
    let etag = registry.snapshot.etag
    registry.noteFailure(ofSource: 0, reason: "gone")
    #expect(
      registry.sources
        == [SourceStatus(name: "a", state: .stale, images: 1, leftOut: leftOut, age: 0, lastError: "gone")])
    #expect(try registry.images().count == 1)
    #expect(registry.snapshot.etag == etag)
    registry.noteUnchanged(source: 0)
    #expect(registry.sources == [SourceStatus(name: "a", state: .current, images: 1, leftOut: leftOut, age: 0)])
    registry.noteFailure(ofSource: 0, reason: "gone again")
    registry.replaceContents(ofSource: 0, with: [])
    #expect(registry.sources == [SourceStatus(name: "a", state: .current, age: 0)])
  }

  @Test("An image of two sources is one entry, and what one drops the other keeps")
  func union() throws {
    let first = try image("1", ["a", "b"], size: 1)
    let second = try image("1", ["b", "c"], digests: ["d"], size: 2, user: .uid(0), pinned: true)
    let both = try image("1", ["a", "b", "c"], digests: ["d"], size: 1, user: .uid(0), pinned: true)
    let registry = registry(of: [first], [])
    #expect(
      registry.replaceContents(ofSource: 1, with: [second])
        == ImageRegistry.Change(changed: 1))
    #expect(try registry.images() == [both])
    for name in ["a", "b", "c"] { #expect(try registry.images(name) == [both]) }
    #expect(registry.sources.map(\.images) == [1, 1])

    // The same words again change nothing.
    #expect(registry.replaceContents(ofSource: 0, with: [first]) == ImageRegistry.Change())
    #expect(registry.replaceContents(ofSource: 1, with: [second]) == ImageRegistry.Change())

    // The second holder's words change.
    registry.replaceContents(ofSource: 1, with: [try image("1", ["e"], size: 3)])
    #expect(try registry.images() == [try image("1", ["a", "b", "e"], size: 1)])
    #expect(try registry.images("c").isEmpty)

    // The first lets go: what is left is what the second says, and nothing else.
    registry.replaceContents(ofSource: 0, with: [])
    #expect(try registry.images() == [try image("1", ["e"], size: 3)])
    #expect(try registry.images("a").isEmpty)
    #expect(registry.sources.map(\.images) == [0, 1])

    // It comes back and its word comes first again.
    registry.update(source: 0, upserting: [first])
    #expect(try registry.images() == [try image("1", ["a", "b", "e"], size: 1)])
    registry.update(source: 1, removing: [first.id])
    #expect(try registry.images() == [first])
    #expect(
      registry.update(source: 0, removing: [first.id]) == ImageRegistry.Change(removed: 1))
    #expect(try registry.images().isEmpty)
    #expect(registry.sources.map(\.images) == [0, 0])
  }

  @Test("A source that says nothing new of another's image is a holder all the same")
  func silentHolder() throws {
    let image = try image("1", ["a"])
    let registry = registry(of: [image], [])
    #expect(registry.replaceContents(ofSource: 1, with: [image]) == ImageRegistry.Change())
    #expect(registry.sources.map(\.images) == [1, 1])
    #expect(registry.replaceContents(ofSource: 0, with: []) == ImageRegistry.Change())
    #expect(try registry.images() == [image])
    #expect(registry.replaceContents(ofSource: 1, with: []) == ImageRegistry.Change(removed: 1))
    #expect(try registry.images().isEmpty)
  }

  @Test(
    "Three sources, in any order of coming and going",
    arguments: [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]])
  func threeHolders(order: [Int]) throws {
    let words = try (0..<3).map { try image("1", ["all", "of-\($0)"], size: UInt64($0), user: .uid(Int64($0))) }
    let registry = registry(of: [], [], [])
    var holders: Set<Int> = []
    func check() throws {
      let first = holders.min()
      let names = holders.isEmpty ? [] : ["all"] + holders.map { "of-\($0)" }
      let wanted = try first.map { try image("1", names, size: UInt64($0), user: .uid(Int64($0))) }
      #expect(try registry.images() == (wanted.map { [$0] } ?? []))
      #expect(registry.sources.map(\.images) == (0..<3).map { holders.contains($0) ? 1 : 0 })
    }
    for source in order {
      registry.replaceContents(ofSource: source, with: [words[source]])
      holders.insert(source)
      try check()
    }
    for source in order {
      registry.update(source: source, removing: [words[source].id])
      holders.remove(source)
      try check()
    }
  }

  @Test("A source that lists an id twice has one image with all its names")
  func twice() throws {
    let registry = registry(of: [try image("1", ["b"], size: 1), try image("2"), try image("1", ["a"], size: 1)])
    #expect(try registry.images() == [try image("1", ["a", "b"], size: 1), try image("2")])
    #expect(registry.sources[0].images == 2)
  }

  @Test("An update that names an id more than once lists it once")
  func repeatedUpdate() throws {
    let registry = registry(of: [try image("1")])
    registry.update(source: 0, upserting: [try image("2", ["a"]), try image("2", ["b"])])
    #expect(try registry.images() == [try image("1"), try image("2", ["b"])])
    let id = try image("1").id
    registry.update(source: 0, upserting: [try image("1", ["c"])], removing: [id, id])
    #expect(try registry.images() == [try image("1", ["c"]), try image("2", ["b"])])
    #expect(registry.update(source: 0, removing: [id, id]) == ImageRegistry.Change(removed: 1))
    #expect(registry.update(source: 0, removing: [id]) == ImageRegistry.Change())
    #expect(registry.sources[0].images == 1)
  }

  @Test("A change counts what it changed")
  func counts() throws {
    let registry = registry(of: [try image("1"), try image("2"), try image("3")])
    let change = registry.replaceContents(
      ofSource: 0, with: [try image("2", ["a"]), try image("3"), try image("4"), try image("5")])
    #expect(change == ImageRegistry.Change(added: 2, changed: 1, removed: 1))
  }

  @Test("As many sources as there may be")
  func most() throws {
    let registry = ImageRegistry(sources: (0..<ImageRegistry.maxSources).map { "\($0)" })
    for source in (0..<ImageRegistry.maxSources).reversed() {
      registry.replaceContents(ofSource: source, with: [try image("1", ["of-\(source)"], size: UInt64(source))])
    }
    #expect(try registry.images().first?.repoTags.count == 64)
    #expect(try registry.images().first?.size == 0)
    registry.replaceContents(ofSource: 0, with: [])
    #expect(try registry.images().first?.size == 1)
    #expect(registry.sources.map(\.images).reduce(0, +) == 63)
  }
}
