import ImageAPI
import MessagePack

/// A few images that stand next to each other in the list, in id order, each encoded once. It never changes.
final class Chunk: Sendable {
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

  static let empty = Chunk(ids: [], holders: [], ends: [], bytes: PackedBytes(capacity: 0) { _ in })

  private init(ids: [Digest], holders: [SourceSet], ends: [Int], bytes: PackedBytes) {
    self.ids = ids
    self.holders = holders
    self.ends = ends
    self.bytes = bytes
  }

  /// The chunk after some edits, in id order, of different ids.
  func applying(_ edits: ArraySlice<Edit>) -> Chunk {
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
        let range = range(of: position..<end)
        bytes.withBytes { output.append(contentsOf: $0.extracting(range)) }
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
    return Chunk(ids: ids, holders: holders, ends: ends, bytes: merged)
  }

  /// The same images in as many chunks of one size as it takes to have none above `most`.
  func cut(most: Int) -> [Chunk] {
    let count = (ids.count + most - 1) / most
    guard count > 1 else { return ids.isEmpty ? [] : [self] }
    return (0..<count).map { slice(ids.count * $0 / count..<ids.count * ($0 + 1) / count) }
  }

  private func slice(_ positions: Range<Int>) -> Chunk {
    let range = range(of: positions)
    return Chunk(
      ids: Array(ids[positions]), holders: Array(holders[positions]),
      ends: ends[positions].map { $0 - range.lowerBound },
      bytes: bytes.withBytes { PackedBytes(copying: $0.extracting(range)) })
  }

  /// Where `id` stands, or would stand.
  func insertionPoint(of id: Digest) -> Int {
    ids.partitioningIndex { $0 >= id }
  }

  /// Where the bytes of images lie that stand one after the other, one at least.
  func range(of positions: Range<Int>) -> Range<Int> {
    (positions.lowerBound == 0 ? 0 : ends[positions.lowerBound - 1])..<ends[positions.upperBound - 1]
  }
}
