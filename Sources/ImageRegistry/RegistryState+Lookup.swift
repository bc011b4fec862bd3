internal import ImageAPI

extension RegistryState {
  /// The image with this id.
  func image(_ id: Digest) -> ImageSlice? {
    shards[Self.shardIndex(of: id)].image(id)
  }

  /// The one image whose id begins with these hexadecimal digits; nil when there is none, or more than one.
  func image(idPrefix digits: String) -> ImageSlice? {
    Self.ids(from: digits).flatMap(onlyImage(in:))
  }

  /// The ids that begin with these hexadecimal digits, 3 at least.
  static func ids(from digits: String) -> ClosedRange<Digest>? {
    guard (3..<64).contains(digits.utf8.count),
      let lowest = Digest(digits + String(repeating: "0", count: 64 - digits.utf8.count)),
      let highest = Digest(digits + String(repeating: "f", count: 64 - digits.utf8.count))
    else { return nil }
    return lowest...highest
  }

  /// The one image whose id is in a range; nil when there is none, or more than one.
  ///
  /// - Precondition: All ids of the range begin with the same three digits, those of a shard.
  func onlyImage(in ids: ClosedRange<Digest>) -> ImageSlice? {
    let shard = shards[Self.shardIndex(of: ids.lowerBound)]
    guard let place = shard.place(notBefore: ids.lowerBound), shard[place].lastID <= ids.upperBound else { return nil }
    if let next = shard.place(after: place), shard[next].lastID <= ids.upperBound { return nil }
    return shard[place]
  }

  /// What the index has for a name.
  func entries(of name: String) -> ArraySlice<ReferenceIndex.Entry> {
    references[ReferenceIndex.Key(of: name.utf8.span.bytes)]
  }

  /// The images that go by a name, in whatever spelling, in id order.
  func images(named name: String) -> [ImageSlice] { images(of: entries(of: name), named: name) }

  /// As ``images(named:)``, of the entries of that name.
  func images(of entries: ArraySlice<ReferenceIndex.Entry>, named name: String) -> [ImageSlice] {
    let name = name.utf8.span.bytes
    var images: [ImageSlice] = []
    var last: UInt32?
    for entry in entries where entry.id != last {
      last = entry.id
      forEachImage(in: entry.ids) { if $0.isCalled(name) { images.append($0) } }
    }
    return images
  }

  /// The same for a name that one image has, which is what most ask for, without an array.
  func onlyImage(of entries: ArraySlice<ReferenceIndex.Entry>, named name: String) -> ImageSlice? {
    guard let entry = entries.first, entry.id == entries.last?.id, let image = onlyImage(in: entry.ids),
      image.isCalled(name.utf8.span.bytes)
    else { return nil }
    return image
  }

  private func forEachImage(in ids: ClosedRange<Digest>, _ body: (ImageSlice) -> Void) {
    let shard = shards[Self.shardIndex(of: ids.lowerBound)]
    var next = shard.place(notBefore: ids.lowerBound)
    while let place = next, shard[place].lastID <= ids.upperBound {
      body(shard[place])
      next = shard.place(after: place)
    }
  }

  /// All images in id order.
  var slices: [ImageSlice] {
    var slices: [ImageSlice] = []
    for index in 0..<ShardTable<Shard>.count {
      shards[index].forEachSlice { slice in
        slices.append(slice)
        return true
      }
    }
    return slices
  }
}
