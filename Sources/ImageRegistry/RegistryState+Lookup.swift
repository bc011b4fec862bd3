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

  /// The images that entries of one name stand for, in id order.
  ///
  /// An entry has only the beginning of an id. Where several images share that, their names decide.
  func images(of entries: ArraySlice<ReferenceIndex.Entry>) -> [ImageSlice] {
    var images: [ImageSlice] = []
    var last: UInt32?
    for entry in entries where entry.id != last {
      last = entry.id
      if let image = onlyImage(in: entry.ids) { images.append(image) } else { addImages(of: entry, to: &images) }
    }
    return images
  }

  private func addImages(of entry: ReferenceIndex.Entry, to images: inout [ImageSlice]) {
    let ids = entry.ids
    let shard = shards[Self.shardIndex(of: ids.lowerBound)]
    var next = shard.place(notBefore: ids.lowerBound)
    while let place = next, shard[place].lastID <= ids.upperBound {
      if shard[place].isCalled(entry.key) { images.append(shard[place]) }
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
