internal import ImageAPI
internal import MessagePack

/// Everything that the registry lists, as a value. A snapshot shares it; the writer changes a copy of its own.
struct RegistryState: Sendable {
  private(set) var shards = ShardTable<Shard>(repeating: .empty)
  private(set) var references = ReferenceIndex()
  private(set) var hash = StateHash()
  /// What the nodes of a cluster hold.
  var holdings = Holdings()
  private(set) var count = 0
  private(set) var byteCount = 0
  /// What the images lack. No part of the hash.
  private(set) var gaps = ListGaps()
  /// How often shards or gaps were changed. It tells which shards two states have in common.
  private(set) var version: UInt64 = 0

  static func shardIndex(of id: Digest) -> Int { ShardTable<Shard>.index(of: id.words.0) }

  /// What one image becomes.
  struct Edit {
    let id: Digest
    let before: (image: ImageSlice, names: [String])?
    let after: (names: [String], bytes: PackedBytes, holders: SourceSet)?
  }

  /// Changes images of one shard, in id order. The changes of names that follow are added to `names`, for ``apply(_:)``.
  mutating func apply(_ edits: [Edit], toShard index: Int, names: inout [ReferenceIndex.Edit]) {
    for edit in edits {
      if let before = edit.before {
        hash.remove(before.image.withBytes(Digest.init(sha256Of:)))
        byteCount -= before.image.byteCount
        count -= 1
      }
      if let after = edit.after {
        hash.insert(after.bytes.withBytes(Digest.init(sha256Of:)))
        byteCount += after.bytes.count
        count += 1
      }
      Self.addNames(of: edit, to: &names)
    }
    version += 1
    shards[index].apply(edits, version: version)
  }

  /// Notes what the images lack.
  mutating func setGaps(_ gaps: ListGaps) {
    guard gaps != self.gaps else { return }
    self.gaps = gaps
    version += 1
  }

  /// Becomes equal to `newer`, as ``ShardTable/catchUp(with:)`` does.
  mutating func catchUp(with newer: RegistryState) {
    shards.catchUp(with: newer.shards)
    references.catchUp(with: newer.references)
    holdings.catchUp(with: newer.holdings)
    (hash, count, byteCount, gaps, version) = (newer.hash, newer.count, newer.byteCount, newer.gaps, newer.version)
  }

  /// Makes the changes of names that followed from changes of images.
  mutating func apply(_ names: [ReferenceIndex.Edit]) {
    references.apply(names)
  }

  private static func addNames(of edit: Edit, to names: inout [ReferenceIndex.Edit]) {
    let before = edit.before?.names ?? []
    let after = edit.after?.names ?? []
    for name in before where !after.contains(where: { $0.hasSameBytes(as: name) }) {
      names.append(ReferenceIndex.Edit(name, of: edit.id, isNew: false))
    }
    for name in after where !before.contains(where: { $0.hasSameBytes(as: name) }) {
      names.append(ReferenceIndex.Edit(name, of: edit.id, isNew: true))
    }
  }
}
