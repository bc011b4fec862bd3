import ImageAPI
import MessagePack

/// The images whose ids begin with the same twelve bits, in id order, each encoded once. It never changes.
final class Shard: Sendable {
  let ids: [Digest]
  /// Which sources hold each image.
  let holders: [SourceSet]
  /// Where each image's bytes end.
  private let ends: [Int]
  /// The images as MessagePack, one after the other.
  let bytes: PackedBytes

  /// What becomes of one image: other bytes and holders, or nothing any more.
  struct Edit {
    let id: Digest
    let entry: (holders: SourceSet, bytes: PackedBytes)?
  }

  static let empty = Shard(ids: [], holders: [], ends: [], bytes: PackedBytes(capacity: 0) { _ in })

  private init(ids: [Digest], holders: [SourceSet], ends: [Int], bytes: PackedBytes) {
    self.ids = ids
    self.holders = holders
    self.ends = ends
    self.bytes = bytes
  }

  /// The shard after some edits, in id order, of different ids.
  func applying(_ edits: [Edit]) -> Shard {
    var ids: [Digest] = []
    var holders: [SourceSet] = []
    var ends: [Int] = []
    ids.reserveCapacity(self.ids.count + edits.count)
    holders.reserveCapacity(self.ids.count + edits.count)
    ends.reserveCapacity(self.ids.count + edits.count)
    let capacity = edits.reduce(bytes.count) { $0 + ($1.entry?.bytes.count ?? 0) }
    let merged = PackedBytes(capacity: capacity) { output in
      var position = 0
      func keep(until end: Int) {
        guard position < end else { return }
        let first = range(at: position).lowerBound
        bytes.withBytes { output.append(contentsOf: $0.extracting(first..<self.ends[end - 1])) }
        let shift = output.byteCount - self.ends[end - 1]
        ids += self.ids[position..<end]
        holders += self.holders[position..<end]
        ends += self.ends[position..<end].lazy.map { $0 + shift }
        position = end
      }
      for edit in edits {
        keep(until: insertionPoint(of: edit.id))
        if position < self.ids.count, self.ids[position] == edit.id { position += 1 }
        guard let entry = edit.entry else { continue }
        entry.bytes.withBytes { output.append(contentsOf: $0) }
        ids.append(edit.id)
        holders.append(entry.holders)
        ends.append(output.byteCount)
      }
      keep(until: self.ids.count)
    }
    return ids.isEmpty ? .empty : Shard(ids: ids, holders: holders, ends: ends, bytes: merged)
  }

  /// Where `id` stands, or would stand.
  func insertionPoint(of id: Digest) -> Int {
    var low = 0
    var high = ids.count
    while low < high {
      let middle = (low + high) / 2
      if ids[middle] < id { low = middle + 1 } else { high = middle }
    }
    return low
  }

  func position(of id: Digest) -> Int? {
    let position = insertionPoint(of: id)
    return position < ids.count && ids[position] == id ? position : nil
  }

  /// Where the bytes of the image at `position` lie.
  func range(at position: Int) -> Range<Int> {
    (position == 0 ? 0 : ends[position - 1])..<ends[position]
  }
}
