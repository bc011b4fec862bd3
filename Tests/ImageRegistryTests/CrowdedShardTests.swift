import ImageAPI
import Testing
import WireTesting

@testable import ImageRegistry

/// As in a registry of a million images, where each shard has hundreds.
@Suite struct CrowdedShardTests {
  private static let images: [Image] = {
    var generator = SeededGenerator(seed: 7)
    return (0..<600).map { number in
      let id = Digest(words: ((0x5a0 + generator.next() % 2) << 52 | generator.next() >> 12, 0, 0, 0))
      return Image(id: id, repoTags: ["image-\(number)"], repoDigests: [], size: UInt64(number))
    }
  }()

  private func check(_ registry: ImageRegistry, holds images: [Image], _ generator: inout SeededGenerator) throws {
    let images = images.sorted { $0.id < $1.id }
    let etag = expectedETag(images)
    try #require(try registry.bytes() == expectedReply(images, etag: etag))
    for _ in 0..<5 {
      let limit = Int.random(in: 1...100, using: &generator)
      let start = Int.random(in: 0..<max(1, images.count), using: &generator)
      let last = images.isEmpty ? Digest(words: (0, 0, 0, 0)) : images[start].id
      let rest = images.filter { $0.id > last }
      let page = Array(rest.prefix(limit))
      try #require(
        try registry.bytes(ListImagesRequest(limit: limit, resumption: last))
          == expectedReply(page, etag: etag, resumption: rest.count > limit ? page.last?.id : nil))
    }
    for image in Self.images.shuffled(using: &generator).prefix(20) {
      let found = images.filter { $0.id == image.id }
      try #require(try registry.images(image.id.description) == found)
      try #require(try registry.images(image.repoTags[0]) == found)
      let prefix = String(image.id.hex.prefix(Int.random(in: 3...8, using: &generator)))
      let begun = images.filter { $0.id.hex.hasPrefix(prefix) }
      try #require(try registry.images(prefix) == (begun.count == 1 ? begun : []))
    }
  }

  @Test("Images come and go in crowded shards, one by one and many at once")
  func comingAndGoing() throws {
    var generator = SeededGenerator(seed: 8)
    let registry = registry(of: [])
    var held: [Image] = []
    for (number, image) in Self.images.shuffled(using: &generator).enumerated() {
      registry.update(source: 0, upserting: [image])
      held.append(image)
      if number % 100 == 99 { try check(registry, holds: held, &generator) }
    }
    for number in held.indices where number % 3 == 0 { held[number].size += 1_000_000 }
    registry.update(source: 0, upserting: held)
    try check(registry, holds: held, &generator)
    held.shuffle(using: &generator)
    while !held.isEmpty {
      for image in held.suffix(50) { registry.update(source: 0, removing: [image.id]) }
      held.removeLast(50)
      try check(registry, holds: held, &generator)
    }
    registry.replaceContents(ofSource: 0, with: Self.images)
    try check(registry, holds: Self.images, &generator)
    registry.replaceContents(ofSource: 0, with: [])
    try check(registry, holds: [], &generator)
  }

  @Test("Names whose keys begin alike are found, however many there are")
  func names() {
    var generator = SeededGenerator(seed: 9)
    var leaf = ReferenceLeaf()
    typealias Name = (key: ReferenceIndex.Key, id: Digest)
    func edit(_ name: Name, isNew: Bool) -> ReferenceIndex.Edit {
      ReferenceIndex.Edit(name.key, of: name.id, isNew: isNew)
    }
    func entry(of name: Name) -> ReferenceIndex.Entry { edit(name, isNew: true).entry }
    var names: [Name] = (0..<500).map { number in
      (ReferenceIndex.Key(hash: 0xabc << 52 | generator.next() >> 12), Digest(words: (number << 32, 0, 0, 0)))
    }
    // Some names that several images have.
    names += names.prefix(100).map { ($0.key, Digest(words: (.max, 0, 0, 0))) }
    for (number, name) in names.shuffled(using: &generator).enumerated() {
      leaf.apply([edit(name, isNew: true)])
      if number % 64 == 0 { #expect(leaf[name.key].contains(entry(of: name))) }
    }
    for name in names {
      #expect(Array(leaf[name.key]) == names.filter { $0.key == name.key }.map(entry(of:)).sorted())
    }
    let (gone, kept) = (names.prefix(300), names.dropFirst(300))
    for name in gone.prefix(10) { leaf.apply([edit(name, isNew: false)]) }
    // At once, and those that are gone already once more.
    leaf.apply(gone.map { edit($0, isNew: false) }.sorted { $0.entry < $1.entry }[...])
    for name in gone { #expect(!leaf[name.key].contains(entry(of: name))) }
    for name in kept { #expect(leaf[name.key].contains(entry(of: name))) }
    #expect(leaf[ReferenceIndex.Key(hash: 0xabc << 52)].isEmpty)
  }

  @Test("An image is not found by a name of another one that has the same bits in the index")
  func namesWithTheSameBits() throws {
    let images = Array(Self.images.prefix(3))
    var state = registry(of: images).snapshot.state
    func add(_ name: String, to images: some Sequence<Image>) {
      let key = ReferenceIndex.Key(of: name.utf8.span.bytes)
      state.apply(images.map { ReferenceIndex.Edit(key, of: $0.id, isNew: true) })
    }
    add("ghost:1", to: images.prefix(1))
    add("ghosts:1", to: images)
    add("image-1", to: images)
    for name in ["ghost:1", "docker.io/library/ghosts:1", "ghosts:1"] {
      #expect(state.onlyImage(of: state.entries(of: name), named: name)?.lastID == nil)
      #expect(state.images(named: name).isEmpty)
    }
    for name in ["image-1", "docker.io/library/image-1:latest"] {
      #expect(state.images(named: name).map(\.lastID) == [images[1].id])
    }
  }

  @Test("Images whose ids begin alike keep their own names")
  func idsThatBeginAlike() throws {
    let images = (0..<40).map { number in
      Image(
        id: Digest(words: (0x5a0 << 52 | UInt64(number / 20), 0, 0, UInt64(number))),
        repoTags: ["own-\(number):1", "docker.io/library/own-\(number):1", "shared-\(number % 3):1"])
    }
    let registry = registry(of: images.reversed())
    func check(_ held: [Image]) throws {
      for number in images.indices {
        let own = held.filter { $0.id == images[number].id }
        #expect(try registry.images("own-\(number):1") == own)
        #expect(try registry.images(images[number].id.description) == own)
      }
      for number in 0..<3 {
        let name = "shared-\(number):1"
        let sharing = held.filter { $0.repoTags.contains(name) }
        #expect(try registry.images(name) == sharing)
        guard sharing.count > 5 else { continue }
        let page = ListImagesRequest(image: name, limit: 3, resumption: sharing[1].id)
        #expect(
          try registry.bytes(page)
            == expectedReply(Array(sharing[2..<5]), etag: expectedETag(held), resumption: sharing[4].id))
      }
    }
    try check(images)
    for image in images where image.id.words.3 % 4 != 0 { registry.update(source: 0, removing: [image.id]) }
    try check(images.filter { $0.id.words.3 % 4 == 0 })
  }
}
