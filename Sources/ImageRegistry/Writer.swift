internal import ImageAPI
internal import ImageWire
internal import MessagePack

/// Works out what a change of a source changes about the list. Used by one thread at a time.
struct Writer: ~Copyable {
  /// What a source says about one image.
  struct SourceChange {
    let id: Digest
    /// The image as the source has it; nil if it does not hold it.
    let image: Image?
  }

  /// The state to change next. It equals the state that readers see, in other memory.
  var state = RegistryState()
  /// What each source says of an image that several sources hold. An image of one source is listed as that says it.
  private var shared: [Digest: [Int: Image]] = [:]
  private(set) var sources: [SourceRecord]
  /// Further ids that images of any source are found by.
  private(set) var aliases: [Digest: Digest] = [:]
  /// The numbers of what a cluster's nodes hold.
  var numbers = HoldingNumbers()
  var unpacker = Unpacker(limits: .ofImages)

  /// The sources that were never read. Kept, as each change asks for them.
  private(set) var pendingSources: [String]

  init(sources: [String]) {
    self.sources = sources.map(SourceRecord.init(name:))
    pendingSources = sources
  }

  func snapshot(_ wholeLists: WholeLists, _ nodeLists: NodeLists) -> RegistrySnapshot {
    RegistrySnapshot(
      state, pendingSources: pendingSources, aliases: aliases, wholeLists: wholeLists, nodeLists: nodeLists)
  }

  /// Prepares for the next change, once readers see this one. It is made in the memory of `last`, the state that readers
  /// saw before, unless one of them still reads that.
  mutating func turn(to last: consuming RegistryState) {
    last.catchUp(with: state)
    state = last
  }

  /// What the images of all sources lack.
  var gaps: ListGaps { state.gaps }

  /// How often what nodes hold was changed.
  var holdingsVersion: UInt64 { state.holdings.version }

  private mutating func updateGaps() {
    state.setGaps(
      ListGaps(
        leftOut: sources.reduce(0) { $0 + $1.leftOut.count },
        stale: sources.filter { $0.lastRead != nil && !$0.lastError.isEmpty }.map(\.name)))
  }

  /// The results of a change so far.
  private struct Progress {
    var change = ImageRegistry.Change()
    /// Changes of names that the index has yet to make.
    var names: [ReferenceIndex.Edit] = []
  }

  /// How many changes of names are gathered, so that each part of the index is changed once. More would take memory.
  private static let maxNames = 65_536

  /// Makes `images`, in any order, all that a source holds. Images with one id are united.
  mutating func replaceContents(ofSource source: Int, with images: [Image]) -> ImageRegistry.Change {
    let order = images.indices.sorted { first, second in
      let (firstID, secondID) = (images[first].id, images[second].id)
      return firstID == secondID ? first < second : firstID < secondID
    }
    var rest = order[...]
    var progress = Progress()
    for shard in 0..<ShardTable<Shard>.count {
      let own = rest.prefix { RegistryState.shardIndex(of: images[$0].id) == shard }
      rest = rest.dropFirst(own.count)
      let held = state.shards[shard].ids(heldBy: SourceSet(source: source))
      apply(Self.changes(from: held, to: own.lazy.map { images[$0] })[...], toShard: shard, from: source, &progress)
    }
    state.apply(progress.names)
    return progress.change
  }

  /// The changes of a source that held some ids and now holds `images`. Both are in the order of ids.
  private static func changes(from held: [Digest], to images: some Sequence<Image>) -> [SourceChange] {
    var changes: [SourceChange] = []
    var gone = held[...]
    for image in images {
      while let id = gone.first, id <= image.id {
        if id < image.id { changes.append(SourceChange(id: id, image: nil)) }
        gone.removeFirst()
      }
      if let last = changes.last, last.id == image.id {
        changes[changes.count - 1] = SourceChange(id: image.id, image: last.image?.united(with: image) ?? image)
      } else {
        changes.append(SourceChange(id: image.id, image: image))
      }
    }
    return changes + gone.map { SourceChange(id: $0, image: nil) }
  }

  /// Takes changes of different ids, in the order of their ids.
  mutating func apply(_ changes: [SourceChange], from source: Int) -> ImageRegistry.Change {
    var progress = Progress()
    changes[...].forEachRun(by: { RegistryState.shardIndex(of: $0.id) }) { shard, changes in
      apply(changes, toShard: shard, from: source, &progress)
    }
    state.apply(progress.names)
    return progress.change
  }

  private mutating func apply(
    _ changes: ArraySlice<SourceChange>, toShard shard: Int, from source: Int, _ progress: inout Progress
  ) {
    var edits: [RegistryState.Edit] = []
    for change in changes {
      guard let edit = edit(for: change, from: source) else { continue }
      edits.append(edit)
      switch (edit.before, edit.after) {
      case (nil, _): progress.change.added += 1
      case (_, nil): progress.change.removed += 1
      case (let before?, let after?): if !before.equals(after.bytes) { progress.change.changed += 1 }
      }
    }
    if !edits.isEmpty { state.apply(edits, toShard: shard, names: &progress.names) }
    if progress.names.count > Self.maxNames {
      state.apply(progress.names)
      progress.names.removeAll(keepingCapacity: true)
    }
  }

  /// The edit of the list that follows from a change of a source; nil if there is none.
  ///
  /// An image that is as it was is neither encoded nor decoded.
  private mutating func edit(for change: SourceChange, from source: Int) -> RegistryState.Edit? {
    let holder = SourceSet(source: source)
    guard let listed = state.image(change.id) else {
      guard let image = change.image else { return nil }
      sources[source].images += 1
      return RegistryState.Edit(id: change.id, before: nil, after: (Self.encode(image), holder))
    }
    if listed.lastHolders == holder, let image = change.image {
      guard !listed.withBytes(image.isEncoded(as:)) else { return nil }
      return RegistryState.Edit(id: change.id, before: listed, after: (Self.encode(image), holder))
    }
    guard listed.lastHolders.contains(holder) || change.image != nil else { return nil }
    return edit(of: listed, for: change, from: source)
  }

  /// As ``edit(for:from:)``, for an image that another source holds too, or that its only source drops.
  private mutating func edit(
    of listed: ImageSlice, for change: SourceChange, from source: Int
  ) -> RegistryState.Edit? {
    if let said = shared[change.id]?[source], said == change.image { return nil }
    guard let image = listed.image(with: &unpacker) else { return nil }
    var says = shared[change.id] ?? [listed.lastHolders.first: image]
    says[source] = change.image
    shared[change.id] = says.count > 1 ? says : nil
    let holder = SourceSet(source: source)
    let holders = change.image == nil ? listed.lastHolders.subtracting(holder) : listed.lastHolders.union(holder)
    if holders != listed.lastHolders { sources[source].images += change.image == nil ? -1 : 1 }
    let united = says.sorted { $0.key < $1.key }.map(\.value).reduce(nil) { $0?.united(with: $1) ?? $1 }
    if let united, united == image, holders == listed.lastHolders { return nil }
    return RegistryState.Edit(
      id: change.id, before: listed, after: united.map { (Self.encode($0), holders) })
  }

  private static func encode(_ image: Image) -> PackedBytes {
    var packer = Packer(capacity: 512)
    packer.pack(image)
    return packer.finish()
  }

  mutating func noteReading(
    ofSource source: Int, leftOut: [SkippedImage], passedOver: Int, absent: Int, aliases: [Digest: Digest]
  ) {
    sources[source].absent = absent
    sources[source].aliases = aliases
    self.aliases = sources.reduce(into: [:]) { $0.merge($1.aliases) { first, _ in first } }
    noteReading(ofSource: source, leftOut: leftOut, passedOver: passedOver)
  }

  mutating func noteReading(ofSource source: Int, leftOut: [SkippedImage], passedOver: Int) {
    sources[source].leftOut = leftOut
    sources[source].passedOver = passedOver
    noteUnchanged(source: source)
  }

  mutating func noteUnchanged(source: Int) {
    let isFirst = sources[source].lastRead == nil
    sources[source].lastRead = .now
    if isFirst { pendingSources = sources.filter { $0.lastRead == nil }.map(\.name) }
    sources[source].lastError = ""
    updateGaps()
  }

  mutating func note(runtime: String, ofSource source: Int) {
    sources[source].runtime = runtime
  }

  mutating func noteFailure(ofSource source: Int, reason: String) {
    sources[source].lastError = reason
    sources[source].failures += 1
    updateGaps()
  }
}
