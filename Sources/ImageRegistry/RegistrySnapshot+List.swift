public import ImageAPI
public import MessagePack

extension RegistrySnapshot {
  /// Answers ListImages.
  ///
  /// - Parameters:
  ///   - request: What to list.
  ///   - envelope: The form of the reply.
  /// - Returns: The whole reply. When every image was asked for in the plain form, all readers of this snapshot get the
  ///   same bytes.
  /// - Throws: ``APIError``: `UNAVAILABLE` as long as a source was never read, `INVALID_ARGUMENT` when the image asked
  ///   for is neither a reference, nor an id, nor the stored name of an embedded image.
  public func reply(to request: ListImagesRequest, in envelope: Envelope) throws(APIError) -> PackedBytes {
    guard unread.isEmpty else {
      throw APIError(.unavailable, "not read yet: \(unread.joined(separator: ", ")); there is no list until then")
    }
    if request.ifNoneMatch == etag {
      var packer = Packer(capacity: 128)
      packer.beginReply(envelope)
      packer.packNotModified(etag: etag)
      return packer.finish()
    }
    if request.image.isEmpty {
      guard request.limit == nil, request.resumption == nil else { return page(request, in: envelope) }
      return envelope == .plain ? encodedWholeList() : encodeWholeList(in: envelope)
    }
    let found = try locations(matching: request.image)
    let rest = request.resumption.map { last in found.drop { $0.id <= last } } ?? found[...]
    return encode(rest.prefix(request.limit ?? .max), isLast: rest.count <= request.limit ?? .max, in: envelope)
  }

  /// A part of the whole list: the images after `request.resumption`.
  private func page(_ request: ListImagesRequest, in envelope: Envelope) -> PackedBytes {
    let limit = request.limit ?? .max
    var page: [Contents.Location] = []
    var index = request.resumption.map(Contents.shardIndex(of:)) ?? 0
    while index < Fanout<Shard>.count {
      let shard = contents.shards[index]
      var position = request.resumption.map(shard.insertionPoint(of:)) ?? 0
      if position < shard.ids.count, shard.ids[position] == request.resumption { position += 1 }
      while position < shard.ids.count {
        guard page.count < limit else { return encode(page[...], isLast: false, in: envelope) }
        page.append(Contents.Location(shard: shard, position: position))
        position += 1
      }
      index += 1
    }
    return encode(page[...], isLast: true, in: envelope)
  }

  private func encode(
    _ images: ArraySlice<Contents.Location>, isLast: Bool, in envelope: Envelope
  ) -> PackedBytes {
    let resumption = isLast ? nil : images.last?.id
    var packer = Packer(capacity: images.reduce(256) { $0 + $1.byteCount })
    packer.beginReply(envelope)
    packer.beginImageList(count: images.count, isResumable: resumption != nil)
    for image in images {
      image.withBytes { packer.append(encoded: $0) }
    }
    packer.endImageList(etag: etag, resumption: resumption)
    return packer.finish()
  }

  /// The images that a filter names, in id order.
  ///
  /// In this order: an id; a reference, or the name of an embedded image as it is stored; the beginning of exactly one
  /// id, three hexadecimal digits at least.
  private func locations(matching image: String) throws(APIError) -> [Contents.Location] {
    if let id = Digest(image) {
      return contents.location(of: id).map { [$0] } ?? []
    }
    let ids: [Digest]
    do throws(APIError) {
      ids = contents.references[ReferenceIndex.key(of: try ImageReference(image))]
    } catch {
      ids = contents.references[ReferenceIndex.key(verbatim: image)]
      guard !ids.isEmpty else { throw error }
    }
    guard ids.isEmpty else { return ids.compactMap(contents.location(of:)) }
    return contents.location(ofPrefix: image).map { [$0] } ?? []
  }
}

extension Contents {
  /// The one image whose id begins with these hexadecimal digits; nil when there is none, or more than one.
  fileprivate func location(ofPrefix digits: String) -> Location? {
    guard (3..<64).contains(digits.utf8.count),
      let lowest = Digest(digits + String(repeating: "0", count: 64 - digits.utf8.count)),
      let highest = Digest(digits + String(repeating: "f", count: 64 - digits.utf8.count))
    else { return nil }
    // Three digits are twelve bits: they never reach beyond a shard.
    let shard = shards[Self.shardIndex(of: lowest)]
    let position = shard.insertionPoint(of: lowest)
    guard position < shard.ids.count, shard.ids[position] <= highest else { return nil }
    guard position + 1 == shard.ids.count || shard.ids[position + 1] > highest else { return nil }
    return Location(shard: shard, position: position)
  }
}
