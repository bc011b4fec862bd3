/// The names whose keys begin with the same twelve bits.
///
/// A few names are in one sorted bucket; more are in sixteen, chosen by the next four bits. A change makes a new bucket
/// without spare room: snapshots share the old one, and spare room would be a good part of a registry's memory.
struct ReferenceLeaf: Sendable {
  private typealias Bucket = [ReferenceIndex.Entry]

  private enum Buckets {
    case one(Bucket)
    case many([Bucket])
  }

  private var buckets = Buckets.one([])

  /// How many entries one bucket may have before it is split.
  private static let maxEntries = 128
  private static let width = 16

  subscript(key: ReferenceIndex.Key) -> ArraySlice<ReferenceIndex.Entry> {
    let name = ReferenceIndex.Entry.name(of: key)
    let bucket =
      switch buckets {
      case .one(let bucket): bucket
      case .many(let buckets): buckets[Self.number(of: name)]
      }
    let start = bucket.partitioningIndex { $0.name >= name }
    var end = start
    while end < bucket.count, bucket[end].name == name { end += 1 }
    return bucket[start..<end]
  }

  /// Makes changes that are in the order of their entries.
  mutating func apply(_ edits: ArraySlice<ReferenceIndex.Edit>) {
    switch buckets {
    case .one(let bucket):
      let changed = Self.bucket(bucket, after: edits)
      buckets = changed.count > Self.maxEntries ? .many(Self.split(changed)) : .one(changed)
    case .many(var parts):
      // So that the parts are uniquely held, and are mutated in place.
      buckets = .many([])
      edits.forEachRun(by: { Self.number(of: $0.entry.name) }) { parts[$0] = Self.bucket(parts[$0], after: $1) }
      buckets = .many(parts)
    }
  }

  private static func bucket(_ bucket: Bucket, after edits: ArraySlice<ReferenceIndex.Edit>) -> Bucket {
    var changed = Bucket()
    changed.reserveCapacity(max(0, edits.reduce(bucket.count) { $0 + ($1.isNew ? 1 : -1) }))
    var rest = bucket[...]
    for edit in edits {
      let position = rest.partitioningIndex { $0 >= edit.entry }
      changed += rest[..<position]
      rest = rest[position...]
      if edit.isNew { changed.append(edit.entry) } else if rest.first == edit.entry { rest.removeFirst() }
    }
    changed += rest
    return changed
  }

  private static func split(_ entries: Bucket) -> [Bucket] {
    var buckets = [Bucket](repeating: [], count: width)
    for entry in entries { buckets[number(of: entry.name)].append(entry) }
    return buckets
  }

  private static func number(of name: UInt32) -> Int { Int(name >> 28) }
}
