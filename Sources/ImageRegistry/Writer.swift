internal import ImageAPI
internal import ImageWire
internal import MessagePack

/// What the registry knows beyond what it lists: which source says what. Used by one thread at a time.
struct Writer: ~Copyable {
  /// What a source says about one image: that it is so, or that it does not hold it.
  struct SourceChange {
    let id: Digest
    let image: Image?
  }

  /// What is changed next: equal to what readers are shown, but not the same memory.
  private var state = RegistryState()
  /// What each source says of an image that several hold. What a lone holder says is what is listed.
  private var shared: [Digest: [Int: Image]] = [:]
  private(set) var sources: [SourceRecord]
  private var unpacker = Unpacker(limits: .ofImages)

  init(sources: [String]) {
    self.sources = sources.map(SourceRecord.init(name:))
  }

  func snapshot(_ wholeLists: WholeLists) -> RegistrySnapshot {
    RegistrySnapshot(state, unread: unread, wholeLists: wholeLists)
  }

  /// Makes ready for the next change, once readers are shown this one: in the memory of `last`, the state that they were
  /// shown before, unless one of them still reads it.
  mutating func turn(to last: consuming RegistryState) {
    last.catchUp(with: state)
    state = last
  }

  var unread: [String] { sources.filter { $0.lastRead == nil }.map(\.name) }

  mutating func replaceContents(ofSource source: Int, with images: [Image]) -> ImageRegistry.Change {
    var claims: [SourceChange] = []
    claims.reserveCapacity(images.count)
    for image in images.sorted(by: { $0.id < $1.id }) {
      if let last = claims.last?.image, last.id == image.id {
        claims[claims.count - 1] = SourceChange(id: last.id, image: last.united(with: image))
      } else {
        claims.append(SourceChange(id: image.id, image: image))
      }
    }
    let gone = ids(heldBy: source, except: claims)
    return apply(claims + gone.map { SourceChange(id: $0, image: nil) }, from: source)
  }

  /// Takes `claims` in id order.
  private func ids(heldBy source: Int, except claims: [SourceChange]) -> [Digest] {
    var gone: [Digest] = []
    var next = claims.startIndex
    for index in 0..<ShardTable<Shard>.count {
      for id in state.shards[index].ids(heldBy: SourceSet(source: source)) {
        while next < claims.endIndex, claims[next].id < id { next += 1 }
        if next == claims.endIndex || claims[next].id != id { gone.append(id) }
      }
    }
    return gone
  }

  /// So many changes of names are made at once, each part of the index but once; more would take memory meanwhile.
  private static let maxNames = 65_536

  /// Takes `claims` of different ids, in any order.
  mutating func apply(_ claims: [SourceChange], from source: Int) -> ImageRegistry.Change {
    var change = ImageRegistry.Change()
    let claims = claims.count == 1 ? claims : claims.sorted { $0.id < $1.id }
    var names: [ReferenceIndex.Edit] = []
    var start = claims.startIndex
    while start < claims.endIndex {
      let index = RegistryState.shardIndex(of: claims[start].id)
      let end = claims[start...].firstIndex { RegistryState.shardIndex(of: $0.id) != index } ?? claims.endIndex
      var edits: [RegistryState.Edit] = []
      for claim in claims[start..<end] {
        guard let edit = edit(for: claim, from: source) else { continue }
        edits.append(edit)
        switch (edit.before, edit.after) {
        case (nil, _): change.added += 1
        case (_, nil): change.removed += 1
        case (let before?, let after?): if !before.image.equals(after.bytes) { change.changed += 1 }
        }
      }
      if !edits.isEmpty { state.apply(edits, toShard: index, names: &names) }
      start = end
      if names.count > Self.maxNames {
        state.apply(names)
        names.removeAll(keepingCapacity: true)
      }
    }
    state.apply(names)
    return change
  }

  /// What a claim changes about what is listed; nil for nothing.
  private mutating func edit(for claim: SourceChange, from source: Int) -> RegistryState.Edit? {
    let holder = SourceSet(source: source)
    guard let location = state.location(of: claim.id) else {
      guard let image = claim.image else { return nil }
      sources[source].images += 1
      return RegistryState.Edit(id: claim.id, before: nil, after: (image.names, Self.encode(image), holder))
    }
    if location.lastHolders == holder, let image = claim.image {
      let encoded = Self.encode(image)
      guard !location.equals(encoded), let names = location.names(with: &unpacker) else { return nil }
      return RegistryState.Edit(id: claim.id, before: (location, names), after: (image.names, encoded, holder))
    }
    guard location.lastHolders.contains(holder) || claim.image != nil else { return nil }
    guard let listed = location.image(with: &unpacker) else { return nil }

    var says = shared[claim.id] ?? Self.holders(location.lastHolders, saying: listed)
    says[source] = claim.image
    shared[claim.id] = says.count > 1 ? says : nil
    let holders = claim.image == nil ? location.lastHolders.subtracting(holder) : location.lastHolders.union(holder)
    if holders != location.lastHolders { sources[source].images += claim.image == nil ? -1 : 1 }
    let united = says.sorted { $0.key < $1.key }.map(\.value).reduce(nil) { $0?.united(with: $1) ?? $1 }
    let after = united.map { ($0.names, Self.encode($0), holders) }
    if let after, location.equals(after.1), holders == location.lastHolders { return nil }
    return RegistryState.Edit(id: claim.id, before: (location, listed.names), after: after)
  }

  /// What the one holder of an image says of it.
  private static func holders(_ holders: SourceSet, saying image: Image) -> [Int: Image] {
    [holders.rawValue.trailingZeroBitCount: image]
  }

  private static func encode(_ image: Image) -> PackedBytes {
    var packer = Packer(capacity: 512)
    packer.pack(image)
    return packer.finish()
  }

  mutating func noteReading(ofSource source: Int, leftOut: [SkippedImage]) {
    sources[source].leftOut = leftOut
    sources[source].lastRead = .now
    sources[source].lastError = ""
  }

  mutating func noteUnchanged(source: Int) {
    sources[source].lastRead = .now
    sources[source].lastError = ""
  }

  mutating func noteFailure(ofSource source: Int, reason: String) {
    sources[source].lastError = reason
  }
}
