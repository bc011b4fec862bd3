import ImageAPI
import MessagePack

/// Everything that the registry holds, as a value: a snapshot shares it, and the writer changes its own copy.
struct Contents: Sendable {
  private(set) var shards = Fanout<Shard>(repeating: .empty)
  private(set) var references = ReferenceIndex()
  private(set) var hash = ContentsHash()
  private(set) var count = 0
  private(set) var byteCount = 0

  /// Where an image stands.
  struct Location: Sendable {
    let shard: Shard
    let position: Int

    var id: Digest { shard.ids[position] }
    var holders: SourceSet { shard.holders[position] }
    var byteCount: Int { shard.range(at: position).count }

    func withBytes<Result, Failure: Error>(
      _ body: (RawSpan) throws(Failure) -> Result
    ) throws(Failure) -> Result {
      let range = shard.range(at: position)
      return try shard.bytes.withBytes { (bytes) throws(Failure) -> Result in try body(bytes.extracting(range)) }
    }
  }

  static func shardIndex(of id: Digest) -> Int { Fanout<Shard>.index(of: id.words.0) }

  func location(of id: Digest) -> Location? {
    let shard = shards[Self.shardIndex(of: id)]
    return shard.position(of: id).map { Location(shard: shard, position: $0) }
  }

  /// What one image becomes.
  struct Edit {
    let id: Digest
    let before: (image: Image, bytes: PackedBytes)?
    let after: (image: Image, bytes: PackedBytes, holders: SourceSet)?
  }

  /// Changes images of one shard, in id order.
  mutating func apply(_ edits: [Edit], toShard index: Int) {
    for edit in edits {
      if let before = edit.before { hash.remove(before.bytes.withBytes(Digest.init(sha256Of:))) }
      if let after = edit.after { hash.insert(after.bytes.withBytes(Digest.init(sha256Of:))) }
      reindex(edit)
    }
    let before = shards[index]
    let after = before.applying(edits.map { Shard.Edit(id: $0.id, entry: $0.after.map { ($0.holders, $0.bytes) }) })
    shards[index] = after
    count += after.ids.count - before.ids.count
    byteCount += after.bytes.count - before.bytes.count
  }

  private mutating func reindex(_ edit: Edit) {
    let before = edit.before.map { Self.keys(of: $0.image) } ?? []
    let after = edit.after.map { Self.keys(of: $0.image) } ?? []
    for key in before.subtracting(after) { references.remove(key, id: edit.id) }
    for key in after.subtracting(before) { references.insert(key, id: edit.id) }
  }

  private static func keys(of image: Image) -> Set<Digest> {
    Set((image.repoTags + image.repoDigests).map(ReferenceIndex.key(of:)))
  }
}
