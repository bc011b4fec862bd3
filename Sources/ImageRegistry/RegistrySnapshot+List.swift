package import ImageAPI
package import ImageWire
package import MessagePack

extension RegistrySnapshot {
  /// Answers ListImages.
  ///
  /// - Parameters:
  ///   - request: What to list.
  ///   - envelope: The form of the reply.
  /// - Returns: The whole reply.
  /// - Throws: As ``reply(to:in:into:)``.
  package func reply(to request: ListImagesRequest, in envelope: Envelope) throws(APIError) -> PackedBytes {
    var packer = Packer()
    if let shared = try reply(to: request, in: envelope, into: &packer) { return shared }
    return packer.finish()
  }

  /// Answers ListImages.
  ///
  /// - Parameters:
  ///   - request: What to list.
  ///   - envelope: The form of the reply.
  ///   - packer: Takes the reply, unless that is the list of every image in the plain form.
  /// - Returns: The list of every image in the plain form, the same bytes for all readers of this state; otherwise nil.
  /// - Throws: ``APIError``: `UNAVAILABLE` as long as a source was never read, `INVALID_ARGUMENT` when the image asked
  ///   for is neither a reference, nor an id, nor the stored name of an embedded image, `RESOURCE_EXHAUSTED` when readers
  ///   have yet to let go of too many other lists. Nothing is written then.
  package func reply(
    to request: ListImagesRequest, in envelope: Envelope, into packer: inout Packer
  ) throws(APIError) -> PackedBytes? {
    try reply(to: request, in: envelope, into: &packer, orRecentList: false)
  }

  /// As ``reply(to:in:into:)``, or with the list of a recent state where readers share one.
  func reply(
    to request: ListImagesRequest, in envelope: Envelope, into packer: inout Packer, orRecentList: Bool
  ) throws(APIError) -> PackedBytes? {
    guard unread.isEmpty else {
      throw APIError(.unavailable, "not read yet: \(unread.joined(separator: ", ")); there is no list until then")
    }
    if request.ifNoneMatch == etag {
      packer.beginReply(envelope)
      packer.packNotModified(etag: etag)
      return nil
    }
    guard request.image.isEmpty else {
      try writeMatches(of: request, in: envelope, into: &packer)
      return nil
    }
    if envelope == .plain, request.limit == nil, request.resumption == nil {
      return try encodedWholeList(orRecent: orRecentList)
    }
    writePage(request, in: envelope, into: &packer)
    return nil
  }

  /// A part of the whole list: the images after `request.resumption`.
  private func writePage(_ request: ListImagesRequest, in envelope: Envelope, into packer: inout Packer) {
    var slices: [ImageSlice] = []
    var left = request.limit ?? .max
    var isLast = true
    let first = request.resumption.map(RegistryState.shardIndex(of:)) ?? 0
    for index in first..<ShardTable<Shard>.count {
      state.shards[index].forEachSlice(after: index == first ? request.resumption : nil) { run in
        let taken = run.prefix(left)
        if taken.count > 0 { slices.append(taken) }
        left -= taken.count
        isLast = taken.count == run.count
        return isLast
      }
      guard isLast else { break }
    }
    write(slices, isLast: isLast, in: envelope, into: &packer)
  }

  private func write(_ slices: [ImageSlice], isLast: Bool, in envelope: Envelope, into packer: inout Packer) {
    let resumption = isLast ? nil : slices.last?.lastID
    packer.reserve(slices.reduce(256) { $0 + $1.byteCount })
    packer.beginReply(envelope)
    packer.beginImageList(count: slices.reduce(0) { $0 + $1.count }, isResumable: resumption != nil)
    for run in slices {
      run.withBytes { packer.append(encoded: $0) }
    }
    packer.endImageList(etag: etag, resumption: resumption)
  }

  /// The images that a filter names, in id order.
  private func writeMatches(
    of request: ListImagesRequest, in envelope: Envelope, into packer: inout Packer
  ) throws(APIError) {
    let image = request.image
    if let id = Digest(utf8: image.utf8.span) {
      return write(state.location(of: id), of: request, in: envelope, into: &packer)
    }
    let entries = state.references[ReferenceIndex.Key(of: image)]
    guard let first = entries.first, let last = entries.last else {
      // Says what is wrong with what is no reference; any other may be the beginning of an id.
      _ = try ImageReference(image)
      return write(state.location(ofPrefix: image), of: request, in: envelope, into: &packer)
    }
    if first.id == last.id, let image = state.location(ofOnlyIn: first.ids) {
      return write(image, of: request, in: envelope, into: &packer)
    }
    let matches = state.images(of: entries).filter { image in
      request.resumption.map { $0 < image.lastID } ?? true
    }
    let listed = matches.prefix(request.limit ?? .max)
    write(Array(listed), isLast: listed.count == matches.count, in: envelope, into: &packer)
  }

  /// A lone image, or none: the reply to most filters. Makes no array.
  private func write(
    _ image: ImageSlice?, of request: ListImagesRequest, in envelope: Envelope, into packer: inout Packer
  ) {
    var image = image
    if let last = request.resumption, let found = image, found.lastID <= last { image = nil }
    packer.beginReply(envelope)
    packer.beginImageList(count: image == nil ? 0 : 1)
    image?.withBytes { packer.append(encoded: $0) }
    packer.endImageList(etag: etag)
  }
}

extension RegistryState {
  /// The one image whose id is in a range of ids that all begin with the same three digits, those of a shard; nil when
  /// there is none, or more than one.
  fileprivate func location(ofOnlyIn ids: ClosedRange<Digest>) -> ImageSlice? {
    let shard = shards[Self.shardIndex(of: ids.lowerBound)]
    guard let place = shard.place(notBefore: ids.lowerBound), shard[place].lastID <= ids.upperBound else { return nil }
    if let next = shard.place(after: place), shard[next].lastID <= ids.upperBound { return nil }
    return shard[place]
  }

  /// The one image whose id begins with these hexadecimal digits; nil when there is none, or more than one.
  fileprivate func location(ofPrefix digits: String) -> ImageSlice? {
    guard (3..<64).contains(digits.utf8.count),
      let lowest = Digest(digits + String(repeating: "0", count: 64 - digits.utf8.count)),
      let highest = Digest(digits + String(repeating: "f", count: 64 - digits.utf8.count))
    else { return nil }
    return location(ofOnlyIn: lowest...highest)
  }

  /// The images that entries of one name stand for, in id order.
  ///
  /// An entry has the beginning of an id alone. Where several images have that, each is asked for its names.
  fileprivate func images(of entries: ArraySlice<ReferenceIndex.Entry>) -> [ImageSlice] {
    var images: [ImageSlice] = []
    var last: UInt32?
    for entry in entries where entry.id != last {
      last = entry.id
      if let image = location(ofOnlyIn: entry.ids) { images.append(image) } else { addImages(of: entry, to: &images) }
    }
    return images
  }

  private func addImages(of entry: ReferenceIndex.Entry, to images: inout [ImageSlice]) {
    var unpacker = Unpacker(limits: .ofImages)
    let ids = entry.ids
    let shard = shards[Self.shardIndex(of: ids.lowerBound)]
    var next = shard.place(notBefore: ids.lowerBound)
    while let place = next, shard[place].lastID <= ids.upperBound {
      let names = shard[place].names(with: &unpacker) ?? []
      if names.contains(where: { ReferenceIndex.Key(of: $0) == entry.key }) { images.append(shard[place]) }
      next = shard.place(after: place)
    }
  }
}
