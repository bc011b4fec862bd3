internal import ImageAPI
internal import ImageWire
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
    let before: ImageSlice?
    let after: (bytes: PackedBytes, holders: SourceSet)?
  }

  /// Changes images of one shard, in id order. The changes of names that follow are added to `names`, for ``apply(_:)``.
  mutating func apply(_ edits: [Edit], toShard index: Int, names: inout [ReferenceIndex.Edit]) {
    for edit in edits {
      if let before = edit.before {
        hash.remove(before.withBytes(Digest.init(sha256Of:)))
        byteCount -= before.byteCount
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

  private static func addNames(of edit: Edit, to edits: inout [ReferenceIndex.Edit]) {
    func add(_ names: [Range<Int>], of image: RawSpan, isNew: Bool) {
      for name in names {
        edits.append(ReferenceIndex.Edit(ReferenceIndex.Key(of: image.extracting(name)), of: edit.id, isNew: isNew))
      }
    }
    switch (edit.before, edit.after?.bytes) {
    case (let before?, let after?):
      before.withBytes { before in
        after.withBytes { after in
          let (old, new) = (Image.nameRanges(ofEncoded: before), Image.nameRanges(ofEncoded: after))
          func isSame(_ old: Range<Int>, _ new: Range<Int>) -> Bool {
            before.extracting(old).hasSameBytes(as: after.extracting(new))
          }
          add(old.filter { old in !new.contains { isSame(old, $0) } }, of: before, isNew: false)
          add(new.filter { new in !old.contains { isSame($0, new) } }, of: after, isNew: true)
        }
      }
    case (let before?, nil): before.withBytes { add(Image.nameRanges(ofEncoded: $0), of: $0, isNew: false) }
    case (nil, let after?): after.withBytes { add(Image.nameRanges(ofEncoded: $0), of: $0, isNew: true) }
    case (nil, nil): break
    }
  }
}
