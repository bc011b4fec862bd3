internal import ImageAPI
internal import ImageWire
internal import MessagePack

/// A few images that are neighbours in the list, in id order, each encoded once. It never changes.
final class Chunk: Sendable {
  /// One image. Its id is read from its bytes, rather than kept a second time.
  struct Item: Sendable {
    /// Which sources hold the image.
    let holders: SourceSet
    /// Where its bytes end.
    var end: Int
  }

  let items: [Item]
  /// The images as MessagePack, one after the other.
  let bytes: PackedBytes

  static let empty = Chunk([], PackedBytes(capacity: 0) { _ in })

  private init(_ items: [Item], _ bytes: PackedBytes) {
    self.items = items
    self.bytes = bytes
  }

  /// One image, which no source holds.
  convenience init(of image: PackedBytes) {
    self.init([Item(holders: [], end: image.count)], image)
  }

  /// The chunk after some edits, in id order, of different ids.
  func applying(_ edits: ArraySlice<RegistryState.Edit>) -> Chunk {
    var items: [Item] = []
    let count = edits.reduce(self.items.count) { $0 + ($1.after == nil ? 0 : 1) - ($1.before == nil ? 0 : 1) }
    items.reserveCapacity(count)
    let size = edits.reduce(bytes.count) { $0 + ($1.after?.bytes.count ?? 0) - ($1.before?.byteCount ?? 0) }
    let merged = PackedBytes(capacity: size) { output in
      var position = 0
      func keep(until end: Int) {
        guard position < end else { return }
        let range = range(of: position..<end)
        bytes.withBytes { output.append(contentsOf: $0.extracting(range)) }
        let shift = output.byteCount - range.upperBound
        let kept = items.count
        items += self.items[position..<end]
        for index in kept..<items.count { items[index].end += shift }
        position = end
      }
      for edit in edits {
        keep(until: insertionPoint(of: edit.id))
        if position < self.items.count, id(at: position) == edit.id { position += 1 }
        guard let after = edit.after else { continue }
        after.bytes.withBytes { output.append(contentsOf: $0) }
        items.append(Item(holders: after.holders, end: output.byteCount))
      }
      keep(until: self.items.count)
    }
    return Chunk(items, merged)
  }

  /// The same images in chunks of about one size, none with more than `most` images.
  func cut(most: Int) -> [Chunk] {
    let count = (items.count + most - 1) / most
    return (0..<count).map { slice(items.count * $0 / count..<items.count * ($0 + 1) / count) }
  }

  private func slice(_ positions: Range<Int>) -> Chunk {
    let range = range(of: positions)
    var items = Array(items[positions])
    for index in items.indices { items[index].end -= range.lowerBound }
    return Chunk(items, bytes.withBytes { PackedBytes(copying: $0.extracting(range)) })
  }

  /// Where `id` stands, or would stand.
  func insertionPoint(of id: Digest) -> Int {
    bytes.withBytes { bytes in
      items.indices.partitioningIndex { Image.hasID(bytes.extracting(range(of: $0..<$0 + 1)), notBefore: id) }
    }
  }

  func id(at position: Int) -> Digest {
    bytes.withBytes { Image.id(ofEncoded: $0.extracting(range(of: position..<position + 1))) }
  }

  /// The range of the bytes of neighbouring images, at least one.
  func range(of positions: Range<Int>) -> Range<Int> {
    (positions.lowerBound == 0 ? 0 : items[positions.lowerBound - 1].end)..<items[positions.upperBound - 1].end
  }
}
