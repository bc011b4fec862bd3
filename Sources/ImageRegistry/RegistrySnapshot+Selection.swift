internal import Diagnostics
package import ImageAPI

extension RegistrySnapshot {
  /// Says which images a request asks for.
  ///
  /// - Parameter request: What to list.
  /// - Returns: The selection, of this state of the registry.
  /// - Throws: ``APIError``: `UNAVAILABLE` as long as a source was never read, `FAILED_PRECONDITION` when the images
  ///   are not those of `request.ifMatch`, `INVALID_ARGUMENT` when the image asked for is neither a reference, nor an id,
  ///   nor the stored name of an embedded image.
  package func select(_ request: ListImagesRequest) throws(APIError) -> Selection {
    guard pendingSources.isEmpty else {
      throw APIError(
        .unavailable, "not read yet: \(pendingSources.joined(separator: ", ")); there is no list until then")
    }
    if let expected = request.ifMatch, expected != etag {
      throw APIError(
        .failedPrecondition,
        "if_match: the images are not those of \(quoted(expected)) any more, but of \(etag): ask for the first page anew"
      )
    }
    if request.ifNoneMatch == etag { return Selection(.notModified, of: self) }
    guard request.image.isEmpty else { return try selectMatches(of: request) }
    guard request.limit != nil || request.resumption != nil else { return Selection(.everything, of: self) }
    return selectPage(of: request)
  }

  /// The images after `request.resumption`, at most `request.limit` of them.
  private func selectPage(of request: ListImagesRequest) -> Selection {
    var slices: [ImageSlice] = []
    var left = request.limit ?? .max
    var isLast = true
    let first = request.resumption.map(RegistryState.shardIndex(of:)) ?? 0
    for index in first..<ShardTable<Shard>.count {
      state.shards[index].forEachSlice(after: index == first ? request.resumption : nil) { slice in
        let taken = slice.prefix(left)
        if taken.count > 0 { slices.append(taken) }
        left -= taken.count
        isLast = taken.count == slice.count
        return isLast
      }
      guard isLast else { break }
    }
    return Selection(.several(slices), of: self, resumption: isLast ? nil : slices.last?.lastID)
  }

  /// The images that a filter names.
  private func selectMatches(of request: ListImagesRequest) throws(APIError) -> Selection {
    let name = request.image
    if let id = Digest(utf8: name.utf8.span) {
      return select(state.image(id) ?? aliases[id].flatMap(state.image), after: request.resumption)
    }
    let entries = state.references[ReferenceIndex.Key(of: name)]
    guard let first = entries.first, let last = entries.last else {
      // This throws for what is no reference. A reference may also be the beginning of an id.
      _ = try ImageReference(name)
      return select(state.image(idPrefix: name), after: request.resumption)
    }
    if first.id == last.id, let image = state.onlyImage(in: first.ids) {
      return select(image, after: request.resumption)
    }
    let matches = state.images(of: entries).filter { image in
      request.resumption.map { $0 < image.lastID } ?? true
    }
    let listed = matches.prefix(request.limit ?? .max)
    return Selection(
      .several(Array(listed)), of: self, resumption: listed.count < matches.count ? listed.last?.lastID : nil)
  }

  /// One image or none, which is what most filters find. Makes no array.
  private func select(_ image: ImageSlice?, after resumption: Digest?) -> Selection {
    guard let image else { return Selection(.none, of: self) }
    if let resumption, image.lastID <= resumption { return Selection(.none, of: self) }
    return Selection(.one(image), of: self)
  }
}
