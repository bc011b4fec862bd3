import ImageAPI

/// The names whose keys begin with the same twelve bits.
///
/// They are in one sorted bucket as long as they are few, and then in sixteen, by the next four bits: a change copies a
/// bucket.
struct ReferenceLeaf: Sendable {
  private var buckets: [[ReferenceIndex.Entry]] = []

  /// As many entries as a lone bucket may have.
  private static let mostEntries = 128
  private static let width = 16
  private static let step = 8

  subscript(key: Digest) -> ArraySlice<ReferenceIndex.Entry> {
    guard !buckets.isEmpty else { return [] }
    let bucket = buckets[number(of: key)]
    let start = bucket.partitioningIndex { $0.key >= key }
    var end = start
    while end < bucket.count, bucket[end].key == key { end += 1 }
    return bucket[start..<end]
  }

  mutating func insert(_ entry: ReferenceIndex.Entry) {
    if buckets.isEmpty { buckets.append([]) }
    if buckets.count == 1, buckets[0].count == Self.mostEntries { split() }
    let number = number(of: entry.key)
    let position = buckets[number].partitioningIndex { $0 >= entry }
    if buckets[number].count == buckets[number].capacity {
      // In small steps: room for twice as many would be a third of the memory of a registry.
      buckets[number].reserveCapacity(buckets[number].count + Self.step)
    }
    buckets[number].insert(entry, at: position)
  }

  mutating func remove(_ entry: ReferenceIndex.Entry) {
    guard !buckets.isEmpty else { return }
    let number = number(of: entry.key)
    let position = buckets[number].partitioningIndex { $0 >= entry }
    guard position < buckets[number].count, buckets[number][position] == entry else { return }
    buckets[number].remove(at: position)
  }

  private mutating func split() {
    let entries = buckets[0]
    buckets = Array(repeating: [], count: Self.width)
    for entry in entries { buckets[number(of: entry.key)].append(entry) }
  }

  private func number(of key: Digest) -> Int {
    buckets.count == 1 ? 0 : Int(truncatingIfNeeded: key.words.0 >> 48) & (Self.width - 1)
  }
}
