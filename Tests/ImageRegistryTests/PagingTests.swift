import ImageAPI
import ImageRegistry
import Testing
import WireTesting

@Suite struct PagingTests {
  /// Images close to each other and far apart, so that pages end inside of shards and between them.
  private func pool(_ generator: inout SeededGenerator) -> [Image] {
    let ids = (0..<40).map { number in
      let leading = generator.next() & 0xfff << 52 | (number % 3 == 0 ? 0 : generator.next() & 0xff)
      return Digest(words: (number % 4 == 0 ? 0x123 << 52 | UInt64(number) : leading, 0, 0, UInt64(number)))
    }
    return ids.map { Image(id: $0, repoTags: ["a"]) }
  }

  private func pages(_ registry: ImageRegistry, _ limit: Int, between: () -> Void = {}) throws -> [[Digest]] {
    var pages: [[Digest]] = []
    var resumption: Digest?
    repeat {
      let page = try registry.list(ListImagesRequest(limit: limit, resumption: resumption))
      pages.append(page.images.map(\.id))
      resumption = page.resumption
      #expect(resumption == nil || resumption == page.images.last?.id)
      between()
    } while resumption != nil && pages.count < 1_000
    return pages
  }

  @Test("Pages one after the other are the list", arguments: [1, 2, 3, 7, 39, 40, 41, Int.max])
  func whole(limit: Int) throws {
    var generator = SeededGenerator(seed: 3)
    let images = pool(&generator)
    let registry = registry(of: images)
    let pages = try pages(registry, limit)
    #expect(pages.flatMap(\.self) == images.map(\.id).sorted())
    #expect(pages.dropLast().allSatisfy { $0.count == limit })
    #expect(pages.last?.isEmpty == false)
  }

  @Test("A page from nowhere, from the ends and without a limit")
  func ends() throws {
    let ids = [Digest(words: (0, 0, 0, 0)), Digest(words: (5, 0, 0, 0)), Digest(words: (.max, .max, .max, .max))]
    let registry = registry(of: ids.map { Image(id: $0) })
    func after(_ id: Digest, limit: Int? = nil) throws -> [Digest] {
      try registry.list(ListImagesRequest(limit: limit, resumption: id)).images.map(\.id)
    }
    #expect(try after(ids[0]) == [ids[1], ids[2]])
    #expect(try after(Digest(words: (4, 9, 9, 9))) == [ids[1], ids[2]])
    #expect(try after(Digest(words: (5, 0, 0, 1)), limit: 5) == [ids[2]])
    #expect(try after(ids[2]).isEmpty)
    #expect(try pages(ImageRegistry(sources: []), 1) == [[]])
  }

  @Test("While images come and go, no page repeats one and none skips one that stayed", arguments: 0..<20)
  func comingAndGoing(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    let pool = pool(&generator)
    let stable = pool.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
    let restless = pool.enumerated().filter { $0.offset % 2 == 1 }.map(\.element)
    let registry = registry(of: stable)
    let limit = Int.random(in: 1...6, using: &generator)
    let seen = try pages(registry, limit) {
      for image in restless.shuffled(using: &generator).prefix(5) {
        if Bool.random(using: &generator) {
          registry.update(source: 0, upserting: [image])
        } else {
          registry.update(source: 0, removing: [image.id])
        }
      }
    }.flatMap(\.self)
    #expect(zip(seen, seen.dropFirst()).allSatisfy { $0 < $1 })
    #expect(Set(stable.map(\.id)).isSubset(of: seen))
    #expect(Set(seen).isSubset(of: pool.map(\.id)))
  }
}
