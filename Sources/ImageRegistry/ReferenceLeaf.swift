/// The names whose keys begin with the same twelve bits.
///
/// They are in one sorted bucket as long as they are few, and then in sixteen, by the next four bits. A change makes a
/// bucket anew, without room to spare: snapshots share the old one, and spare room would be a good part of a registry.
struct ReferenceLeaf: Sendable {
  private typealias Bucket = [ReferenceIndex.Entry]

  private enum Buckets {
    case one(Bucket)
    case many([Bucket])
  }

  private var buckets = Buckets.one([])

  /// As many entries as a lone bucket may have.
  private static let mostEntries = 128
  private static let width = 16

  subscript(key: ReferenceIndex.Key) -> ArraySlice<ReferenceIndex.Entry> {
    let bucket =
      switch buckets {
      case .one(let bucket): bucket
      case .many(let buckets): buckets[Self.number(of: key)]
      }
    let start = bucket.partitioningIndex { $0.key >= key }
    var end = start
    while end < bucket.count, bucket[end].key == key { end += 1 }
    return bucket[start..<end]
  }

  mutating func insert(_ entry: ReferenceIndex.Entry) {
    change(entry.key) { bucket in
      let position = bucket.partitioningIndex { $0 >= entry }
      return Self.joined(bucket[..<position], entry, bucket[position...])
    }
  }

  mutating func remove(_ entry: ReferenceIndex.Entry) {
    change(entry.key) { bucket in
      let position = bucket.partitioningIndex { $0 >= entry }
      guard position < bucket.count, bucket[position] == entry else { return bucket }
      return Self.joined(bucket[..<position], nil, bucket[(position + 1)...])
    }
  }

  private static func joined(
    _ before: Bucket.SubSequence, _ entry: ReferenceIndex.Entry?, _ after: Bucket.SubSequence
  ) -> Bucket {
    var bucket = Bucket()
    bucket.reserveCapacity(before.count + (entry == nil ? 0 : 1) + after.count)
    bucket += before
    if let entry { bucket.append(entry) }
    bucket += after
    return bucket
  }

  private mutating func change(_ key: ReferenceIndex.Key, by body: (Bucket) -> Bucket) {
    switch buckets {
    case .one(let bucket):
      let changed = body(bucket)
      buckets = changed.count > Self.mostEntries ? .many(Self.split(changed)) : .one(changed)
    case .many(var parts):
      buckets = .many([])
      let number = Self.number(of: key)
      parts[number] = body(parts[number])
      buckets = .many(parts)
    }
  }

  private static func split(_ entries: Bucket) -> [Bucket] {
    var buckets = [Bucket](repeating: [], count: width)
    for entry in entries { buckets[number(of: entry.key)].append(entry) }
    return buckets
  }

  private static func number(of key: ReferenceIndex.Key) -> Int {
    Int(truncatingIfNeeded: key.words.0 >> 48) & (width - 1)
  }
}
