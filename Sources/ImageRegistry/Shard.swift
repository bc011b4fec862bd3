import ImageAPI
import MessagePack

/// The images whose ids begin with the same twelve bits, in id order.
///
/// A shard grows with the registry and its chunks do not, so that a change copies some 15 KB among a thousand images
/// and among a million.
struct Shard: Sendable {
  /// A chunk, and where it begins: a look-up touches no chunk but the one.
  private struct Part: Sendable {
    let first: Digest
    let chunk: Chunk
  }

  private var parts: [Part] = []
  private(set) var byteCount = 0
  /// The version of the contents that changed the shard last.
  private(set) var version: UInt64 = 0

  static let empty = Shard()

  /// As many images as a chunk may have. One with more is cut in parts that have room to grow.
  private static let mostImages = 32

  /// Where an image stands in the shard.
  struct Place {
    fileprivate var part: Int
    fileprivate var position: Int
  }

  /// Changes images, in id order, of different ids.
  mutating func apply(_ edits: [Chunk.Edit], version: UInt64) {
    self.version = version
    if parts.isEmpty { parts.append(Part(first: edits[0].id, chunk: .empty)) }
    // From the last, so that parts which become more or fewer are behind.
    var rest = edits[...]
    for number in parts.indices.reversed() {
      let start = number == 0 ? 0 : rest.partitioningIndex { $0.id >= parts[number].first }
      guard start < rest.endIndex else { continue }
      let before = parts[number].chunk
      let after = before.applying(rest[start...])
      let isFull = after.ids.count > Self.mostImages
      let chunks = isFull ? after.cut(most: Self.mostImages * 3 / 4) : after.cut(most: Self.mostImages)
      parts.replaceSubrange(number...number, with: chunks.map { Part(first: $0.ids[0], chunk: $0) })
      byteCount += after.bytes.count - before.bytes.count
      rest = rest[..<start]
    }
  }

  /// The image `id`, or the first one after it; nil when there is neither.
  func place(notBefore id: Digest) -> Place? {
    guard !parts.isEmpty else { return nil }
    let part = max(0, parts.partitioningIndex { $0.first > id } - 1)
    return settled(Place(part: part, position: parts[part].chunk.insertionPoint(of: id)))
  }

  private var firstPlace: Place? { parts.isEmpty ? nil : Place(part: 0, position: 0) }

  func place(after place: Place) -> Place? {
    settled(Place(part: place.part, position: place.position + 1))
  }

  private func settled(_ place: Place) -> Place? {
    guard place.position == parts[place.part].chunk.ids.count else { return place }
    return place.part + 1 < parts.count ? Place(part: place.part + 1, position: 0) : nil
  }

  /// The one image at a place.
  subscript(place: Place) -> Run {
    Run(place.position..<place.position + 1, of: parts[place.part].chunk)
  }

  func location(of id: Digest) -> Run? {
    guard let place = place(notBefore: id) else { return nil }
    let image = self[place]
    return image.lastID == id ? image : nil
  }

  /// Gives the images after `id`, or all, in order, until `body` has enough and returns false.
  func forEachRun(after id: Digest? = nil, _ body: (Run) -> Bool) {
    guard var place = id == nil ? firstPlace : id.flatMap(place(notBefore:)) else { return }
    if let id, self[place].lastID == id { place.position += 1 }
    for part in parts[place.part...] {
      let positions = place.position..<part.chunk.ids.count
      place.position = 0
      if !positions.isEmpty, !body(Run(positions, of: part.chunk)) { return }
    }
  }

  /// The images as MessagePack, in pieces, in order.
  func forEachPiece(_ body: (RawSpan) -> Void) {
    for part in parts { part.chunk.bytes.withBytes(body) }
  }

  /// The ids of the images that a source holds, in order.
  func ids(heldBy source: SourceSet) -> [Digest] {
    parts.flatMap { part in zip(part.chunk.ids, part.chunk.holders).filter { $1.contains(source) }.map(\.0) }
  }
}
