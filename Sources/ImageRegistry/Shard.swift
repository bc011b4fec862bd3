internal import ImageAPI
internal import MessagePack

/// The images whose ids begin with the same twelve bits, in id order.
///
/// A shard grows with the registry and its chunks do not, so that a change copies some 15 KB among a thousand images
/// and among a million.
struct Shard: Sendable {
  /// A chunk, and where it begins: a look-up touches no chunk but the one.
  private struct Part: Sendable {
    let first: Digest
    let chunk: Chunk

    init(_ chunk: Chunk, first: Digest? = nil) {
      self.chunk = chunk
      self.first = first ?? chunk.id(at: 0)
    }
  }

  private var parts: [Part] = []
  private(set) var byteCount = 0
  /// The version of the state that changed the shard last.
  private(set) var version: UInt64 = 0

  static let empty = Shard()

  /// As many images as a chunk may have.
  private static let maxImages = 32
  /// As many images as the parts may have in which a chunk with more is cut, so that they have room to grow.
  private static let roomyImages = maxImages * 3 / 4

  /// Where an image stands in the shard.
  struct Place {
    fileprivate var part: Int
    fileprivate var position: Int
  }

  /// Changes images, in id order, of different ids.
  mutating func apply(_ edits: [RegistryState.Edit], version: UInt64) {
    self.version = version
    if parts.isEmpty { parts.append(Part(.empty, first: edits[0].id)) }
    // From the last, so that parts which become more or fewer are behind.
    var rest = edits[...]
    for number in parts.indices.reversed() {
      let start = number == 0 ? 0 : rest.partitioningIndex { $0.id >= parts[number].first }
      guard start < rest.endIndex else { continue }
      let before = parts[number].chunk
      let after = before.applying(rest[start...])
      switch after.items.count {
      case 0: parts.remove(at: number)
      case ...Self.maxImages: parts[number] = Part(after)
      default: parts.replaceSubrange(number...number, with: after.cut(most: Self.roomyImages).map { Part($0) })
      }
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
    guard place.position == parts[place.part].chunk.items.count else { return place }
    return place.part + 1 < parts.count ? Place(part: place.part + 1, position: 0) : nil
  }

  /// The one image at a place.
  subscript(place: Place) -> ImageSlice {
    ImageSlice(place.position..<place.position + 1, of: parts[place.part].chunk)
  }

  func image(_ id: Digest) -> ImageSlice? {
    guard let place = place(notBefore: id) else { return nil }
    let image = self[place]
    return image.lastID == id ? image : nil
  }

  /// Gives the images after `id`, or all, in order, until `body` has enough and returns false.
  func forEachSlice(after id: Digest? = nil, _ body: (ImageSlice) -> Bool) {
    guard var place = id == nil ? firstPlace : id.flatMap(place(notBefore:)) else { return }
    if let id, self[place].lastID == id { place.position += 1 }
    for part in parts[place.part...] {
      let positions = place.position..<part.chunk.items.count
      place.position = 0
      if !positions.isEmpty, !body(ImageSlice(positions, of: part.chunk)) { return }
    }
  }

  /// The images as MessagePack, in pieces, in order.
  func forEachPiece(_ body: (RawSpan) -> Void) {
    for part in parts { part.chunk.bytes.withBytes(body) }
  }

  /// The ids of the images that a source holds, in order.
  func ids(heldBy source: SourceSet) -> [Digest] {
    parts.flatMap { part in
      part.chunk.items.indices.lazy.filter { part.chunk.items[$0].holders.contains(source) }.map(part.chunk.id(at:))
    }
  }
}
