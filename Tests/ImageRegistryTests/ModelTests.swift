import ImageAPI
import ImageRegistry
import Testing
import WireTesting

/// The registry as nobody would build it: dictionaries, and everything made anew at each look.
private struct Model {
  var sources: [[Digest: Image]] = [[:], [:], [:]]
  var wasRead = [false, false, false]
  var errors = ["", "", ""]
  var leftOut = [0, 0, 0]

  var gaps: ListGaps {
    ListGaps(
      leftOut: leftOut.reduce(0, +),
      stale: errors.indices.filter { wasRead[$0] && !errors[$0].isEmpty }.map { "\($0)" })
  }

  var images: [Image] {
    var united: [Digest: Image] = [:]
    for source in sources {
      for (id, image) in source { united[id] = united[id]?.united(with: image) ?? image }
    }
    return united.values.sorted { $0.id < $1.id }
  }

  /// The images that have a name of the same meaning; `meanings` has that of every name that there may be.
  static func found(_ name: String, in images: [Image], _ meanings: [String: String]) -> [Image] {
    images.filter { image in
      (image.repoTags + image.repoDigests).contains { meanings[$0] == meanings[name] }
    }
  }

  static func found(prefix: String, in images: [Image]) -> [Image] {
    let isPrefix = (3...63).contains(prefix.count) && prefix.allSatisfy { "0123456789abcdef".contains($0) }
    let found = images.filter { isPrefix && $0.id.hex.hasPrefix(prefix) }
    return found.count == 1 ? found : []
  }
}

@Suite struct ModelTests {
  private static let names = [
    "a", "a:latest", "library/a", "b:1", "b:2", "docker.io/library/b:1", "gcr.io/c", "Embedded:One", "Two words", "",
    "abc", "d/e:f", "localhost/x:y", "b@sha256:\(hex("1"))", "docker.io/library/b:9@sha256:\(hex("1"))",
  ]

  private static let meanings = Dictionary(
    uniqueKeysWithValues: names.map { ($0, (try? ImageReference($0))?.description ?? $0) })

  private static let ids: [Digest] = {
    var generator = SeededGenerator(seed: 42)
    return (0..<24).map { number in
      // A third of them in one shard, the rest anywhere.
      let leading = number % 3 == 0 ? 0xabc << 52 | UInt64(number) << 40 : generator.next()
      return Digest(words: (leading, 0, 0, generator.next()))
    }
  }()

  private static func randomImage(_ generator: inout SeededGenerator) -> Image {
    func some(_ most: Int) -> ArraySlice<String> {
      names.shuffled(using: &generator).prefix(Int.random(in: 0...most, using: &generator))
    }
    let users: [ImageUser] = [.unspecified, .unspecified, .uid(0), .uid(-1), .name("nobody")]
    return Image(
      id: ids.randomElement(using: &generator) ?? ids[0], repoTags: some(3), repoDigests: some(1),
      size: UInt64.random(in: 0...2, using: &generator), user: users.randomElement(using: &generator) ?? .unspecified,
      spec: Int.random(in: 0...4, using: &generator) == 0 ? ImageSpec(annotations: ["a": "b"]) : nil,
      pinned: Int.random(in: 0...5, using: &generator) == 0)
  }

  private static func change(_ model: inout Model, _ registry: ImageRegistry, _ generator: inout SeededGenerator) {
    let source = Int.random(in: 0..<3, using: &generator)
    let images = (0..<Int.random(in: 0...8, using: &generator)).map { _ in randomImage(&generator) }
    switch Int.random(in: 0..<10, using: &generator) {
    case 0...2:
      var contents: [Digest: Image] = [:]
      for image in images { contents[image.id] = contents[image.id]?.united(with: image) ?? image }
      model.sources[source] = contents
      model.leftOut[source] = Int.random(in: 0...2, using: &generator)
      let skipped = SkippedImage(image: "a", path: "b", reason: "c")
      registry.replaceContents(
        ofSource: source, with: images, leftOut: Array(repeating: skipped, count: model.leftOut[source]))
      model.wasRead[source] = true
      model.errors[source] = ""
    case 3:
      // What it holds already, in another order.
      registry.replaceContents(ofSource: source, with: model.sources[source].values.shuffled(using: &generator))
      model.leftOut[source] = 0
      model.wasRead[source] = true
      model.errors[source] = ""
    case 4:
      registry.noteFailure(ofSource: source, reason: "gone")
      model.errors[source] = "gone"
    case 5:
      registry.noteUnchanged(source: source)
      model.wasRead[source] = true
      model.errors[source] = ""
    default:
      let removed = ids.shuffled(using: &generator).prefix(Int.random(in: 0...4, using: &generator))
      for id in removed { model.sources[source][id] = nil }
      for image in images { model.sources[source][image.id] = image }
      registry.update(source: source, upserting: images, removing: Array(removed))
    }
  }

  @Test("The registry says what a naive one says, after each of many random changes", arguments: 1...4)
  func random(seed: UInt64) throws {
    var generator = SeededGenerator(seed: seed)
    var model = Model()
    let registry = ImageRegistry(sources: ["0", "1", "2"])
    var held: [(snapshot: RegistrySnapshot, images: [Image], etag: String, gaps: ListGaps)] = []
    for _ in 0..<500 {
      Self.change(&model, registry, &generator)
      let snapshot = registry.snapshot
      let images = model.images
      let etag = expectedETag(images)
      try #require(snapshot.etag == etag)
      try #require(snapshot.count == images.count)
      for (source, status) in registry.sources.enumerated() {
        let state: SourceStatus.State =
          !model.wasRead[source] ? .pending : model.errors[source].isEmpty ? .current : .stale
        try #require(status.state == state && status.lastError == model.errors[source])
        try #require((status.age != nil) == model.wasRead[source])
        try #require(status.images == model.sources[source].count)
      }
      guard model.wasRead == [true, true, true] else {
        try #require(throws: APIError.self) { try snapshot.bytes() }
        continue
      }
      let gaps = model.gaps
      try #require(try snapshot.bytes() == expectedReply(images, etag: etag, gaps: gaps))
      try check(snapshot, lookups: images, etag, gaps, &generator)
      // Readers may hold several states, and the last one too, while the next is made.
      held.append((snapshot, images, etag, gaps))
      while held.count > Int.random(in: 0...4, using: &generator) {
        let (snapshot, images, etag, gaps) = held.remove(at: Int.random(in: held.indices, using: &generator))
        try #require(try snapshot.bytes() == expectedReply(images, etag: etag, gaps: gaps))
        try check(snapshot, lookups: images, etag, gaps, &generator)
      }
    }
  }

  private func check(
    _ snapshot: RegistrySnapshot, lookups images: [Image], _ etag: String, _ gaps: ListGaps,
    _ generator: inout SeededGenerator
  ) throws {
    for name in Self.names.shuffled(using: &generator).prefix(6) where !name.isEmpty {
      let found = Model.found(name, in: images, Self.meanings)
      if found.isEmpty, (try? ImageReference(name)) == nil {
        try #require(throws: APIError.self) { try snapshot.bytes(ListImagesRequest(image: name)) }
      } else {
        let wanted = found.isEmpty ? Model.found(prefix: name, in: images) : found
        try #require(
          try snapshot.bytes(ListImagesRequest(image: name)) == expectedReply(wanted, etag: etag, gaps: gaps), "\(name)"
        )
      }
    }
    guard let id = Self.ids.randomElement(using: &generator) else { return }
    let wanted = expectedReply(images.filter { $0.id == id }, etag: etag, gaps: gaps)
    try #require(try snapshot.bytes(ListImagesRequest(image: id.description)) == wanted)
    let prefix = String(id.hex.prefix(Int.random(in: 4...63, using: &generator)))
    try #require(
      try snapshot.bytes(ListImagesRequest(image: prefix))
        == expectedReply(Model.found(prefix: prefix, in: images), etag: etag, gaps: gaps))
    let limit = Int.random(in: 1...10, using: &generator)
    let rest = images.filter { $0.id > id }
    let page = Array(rest.prefix(limit))
    try #require(
      try snapshot.bytes(ListImagesRequest(limit: limit, resumption: id))
        == expectedReply(page, etag: etag, resumption: rest.count > limit ? page.last?.id : nil, gaps: gaps))
  }
}
