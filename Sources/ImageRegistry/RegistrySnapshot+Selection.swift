internal import Diagnostics
package import ImageAPI

extension RegistrySnapshot {
  /// Says which images a request asks for.
  ///
  /// - Parameter request: What to list.
  /// - Returns: The selection, of this state of the registry.
  /// - Throws: ``APIError``: `UNAVAILABLE` as long as a source or the node was never read, `FAILED_PRECONDITION` when
  ///   the images are not those of `request.ifMatch`, `INVALID_ARGUMENT` when the image asked for is neither a reference,
  ///   nor an id, nor the stored name of an embedded image, `NOT_FOUND` for a node that is not there, `UNIMPLEMENTED`
  ///   where no source tells of nodes.
  package func select(_ request: ListImagesRequest) throws(APIError) -> Selection {
    try checkIsReady()
    if let node = request.node { return try select(request, ofNode: node) }
    if request.listsNodes { try checkNodesAreKnown() }
    let view = request.listsNodes ? Selection.View.withNodes : .plain
    if let same = try selectUnchanged(request, view) { return same }
    guard request.image.isEmpty else { return try selectMatches(of: request, view) }
    guard request.limit != nil || request.resumption != nil else { return Selection(.everything, of: self, view) }
    return selectPage(of: request, view)
  }

  /// Checks the etag that must be, and selects nothing where the client has the list already.
  func selectUnchanged(_ request: ListImagesRequest, _ view: Selection.View) throws(APIError) -> Selection? {
    guard request.ifMatch != nil || request.ifNoneMatch != nil else { return nil }
    let etag = etag(of: view)
    if let expected = request.ifMatch, expected != etag {
      throw APIError(
        .failedPrecondition,
        "if_match: the images are not those of \(quoted(expected)) any more, but of \(etag): ask for the first page anew"
      )
    }
    return request.ifNoneMatch == etag ? Selection(.notModified, of: self, view) : nil
  }

  /// The images after `request.resumption`, at most `request.limit` of them.
  private func selectPage(of request: ListImagesRequest, _ view: Selection.View) -> Selection {
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
    return Selection(.several(slices), of: self, view, resumption: isLast ? nil : slices.last?.lastID)
  }

  /// The images that a filter names.
  func selectMatches(
    of request: ListImagesRequest, _ view: Selection.View = .plain
  ) throws(APIError) -> Selection {
    let name = request.image
    if let id = Digest(utf8: name.utf8.span) {
      return select(state.image(id) ?? aliases[id].flatMap(state.image), after: request.resumption, view)
    }
    let entries = state.entries(of: name)
    if let image = state.onlyImage(of: entries, named: name) { return select(image, after: request.resumption, view) }
    let images = state.images(of: entries, named: name)
    guard !images.isEmpty else {
      // This throws for what is no reference. A reference may also be the beginning of an id.
      _ = try ImageReference(name)
      return select(state.image(idPrefix: name), after: request.resumption, view)
    }
    let matches = images.filter { image in request.resumption.map { $0 < image.lastID } ?? true }
    let listed = matches.prefix(request.limit ?? .max)
    return Selection(
      .several(Array(listed)), of: self, view, resumption: listed.count < matches.count ? listed.last?.lastID : nil)
  }

  /// One image or none, which is what most filters find. Makes no array.
  private func select(_ image: ImageSlice?, after resumption: Digest?, _ view: Selection.View) -> Selection {
    guard let image else { return Selection(.none, of: self, view) }
    if let resumption, image.lastID <= resumption { return Selection(.none, of: self, view) }
    return Selection(.one(image), of: self, view)
  }

  func checkIsReady() throws(APIError) {
    guard pendingSources.isEmpty else {
      throw APIError(
        .unavailable, "not read yet: \(pendingSources.joined(separator: ", ")); there is no list until then")
    }
  }
}
