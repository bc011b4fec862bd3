internal import Diagnostics
package import ImageAPI
internal import ImageWire
internal import MessagePack

extension RegistrySnapshot {
  /// A digest of what a list in some view depends on.
  func etag(of view: Selection.View) -> String {
    switch view {
    case .plain: etag
    case .withNodes: etagWithNodes
    case .node(let number): state.holdings.nodes[number]?.etag ?? ""
    }
  }

  /// What a list in some view lacks.
  func gaps(of view: Selection.View) -> ListGaps {
    guard case .node(let number) = view, let node = state.holdings.nodes[number] else { return state.gaps }
    return ListGaps(leftOut: node.gaps.leftOut, stale: node.gaps.stale + state.gaps.stale)
  }

  /// - Throws: ``APIError`` with the code `UNIMPLEMENTED` where no source tells of nodes.
  func checkNodesAreKnown() throws(APIError) {
    guard state.holdings.version > 0 else {
      throw APIError(
        .unimplemented, "this worker knows no nodes: that takes a cluster as its source, such as etcd:HOST:PORT")
    }
  }

  /// The images of one node that a request asks for, as the node says them.
  func select(_ request: ListImagesRequest, ofNode name: String) throws(APIError) -> Selection {
    try checkNodesAreKnown()
    guard let number = state.holdings.number(ofNode: name), let node = state.holdings.nodes[number],
      node.state != .gone
    else { throw APIError(.notFound, "there is no node \(quoted(name))") }
    guard let images = node.images else {
      throw APIError(.unavailable, "not read yet: the node \(quoted(name)); there is no list of its images until then")
    }
    let view = Selection.View.node(number)
    if let same = try selectUnchanged(request, view) { return same }
    var matches = request.image.isEmpty ? images[...] : try self.images(in: images, named: request.image)[...]
    if let last = request.resumption { matches = matches[matches.partitioningIndex { id($0) > last }...] }
    let listed = matches.prefix(request.limit ?? .max)
    let slices = listed.compactMap { state.holdings.variants[$0]?.image.slice }
    return Selection(
      .several(slices), of: self, view, resumption: listed.count < matches.count ? listed.last.map(id) : nil)
  }

  private func id(_ variant: UInt32) -> Digest {
    state.holdings.variants[variant]?.image.id ?? Digest(words: (0, 0, 0, 0))
  }

  /// Those of a node's images, in the order of their ids, that a filter names.
  private func images(in images: [UInt32], named name: String) throws(APIError) -> [UInt32] {
    func range(_ ids: ClosedRange<Digest>) -> ArraySlice<UInt32> {
      let rest = images[images.partitioningIndex { id($0) >= ids.lowerBound }...]
      return rest[..<rest.partitioningIndex { id($0) > ids.upperBound }]
    }
    if let id = Digest(utf8: name.utf8.span) { return Array(range(id...id)) }
    let named = state.images(named: name)
    guard named.isEmpty else {
      return named.flatMap { image in
        range(image.lastID...image.lastID).filter { number in
          // Others than those who hold this variant may know the image by more names.
          state.holdings.variants[number].map { $0.image.slice.isCalled(name.utf8.span.bytes) } ?? false
        }
      }
    }
    _ = try ImageReference(name)
    let matches = RegistryState.ids(from: name).map(range) ?? []
    return matches.count == 1 ? Array(matches) : []
  }
}

extension RegistrySnapshot {
  /// Lists the nodes of the cluster.
  ///
  /// - Throws: ``APIError``: `UNAVAILABLE` as long as a source was never read, `UNIMPLEMENTED` where none tells of nodes.
  package func listNodes(_ request: ListNodesRequest) throws(APIError) -> ListNodesReply {
    try checkIsReady()
    try checkNodesAreKnown()
    let holdings = state.holdings
    let etag = holdings.nodesHash.etag
    guard request.ifNoneMatch != etag else { return .notModified(etag: etag, gaps: state.gaps) }
    var rest = holdings.order[...]
    if let last = request.resumption {
      let rank = holdings.rank(ofNode: last)
      rest = rest[rank...]
      if let first = rest.first, holdings.nodes[first]?.name == last { rest = rest.dropFirst() }
    }
    let page = rest.prefix(request.limit ?? .max)
    let now = ContinuousClock.now
    let nodes = page.compactMap { holdings.nodes[$0]?.status(at: now) }
    return .nodes(
      NodeList(
        nodes: nodes, etag: etag, resumption: page.count < rest.count ? nodes.last?.name : nil, gaps: state.gaps))
  }

  /// Says on which nodes a pod with some images would start soonest.
  ///
  /// A name counts for a node that holds an image by this name itself. Where a node holds several images that go by it, as
  /// the platforms of one image, the largest counts.
  ///
  /// - Throws: ``APIError``: as ``listNodes(_:)``, and `INVALID_ARGUMENT` for an image that is neither a reference nor an
  ///   id.
  package func locality(_ request: ImageLocalityRequest) throws(APIError) -> ImageLocality {
    try checkIsReady()
    try checkNodesAreKnown()
    let names = state.holdings.names.table(of: state.holdings)
    var scores = LocalityScores(count: names.ranks.count)
    var images: [ImageLocality.RequestedImage] = []
    for (number, name) in request.images.enumerated() {
      var image = ImageLocality.RequestedImage(image: name)
      var holdersOfID: [Digest: Int] = [:]
      for variant in try variants(named: name) {
        holdersOfID[variant.image.id, default: 0] += variant.holders.count
        variant.holders.forEach { scores.add(variant.image.size, of: number, to: $0) }
      }
      image.id = holdersOfID.max { ($0.value, $1.key) < ($1.value, $0.key) }?.key
      image.size = image.id.flatMap { state.holdings.rankedVariants(of: $0).first?.size } ?? 0
      image.nodes = scores.finish(number)
      images.append(image)
    }
    let best = scores.best(request.limit ?? ImageLocalityRequest.defaultLimit, in: names.order)
    let nodes = best.map { node in
      ImageLocality.Node(
        name: state.holdings.nodes[node]?.name ?? "", bytes: scores.bytes[Int(node)],
        images: request.images.indices.filter { scores.images[Int(node)] & 1 << UInt64($0) != 0 })
    }
    return ImageLocality(images: images, nodes: nodes, gaps: state.gaps)
  }

  /// What nodes hold that goes by a name there, or has an id.
  private func variants(named name: String) throws(APIError) -> [Holdings.Variant] {
    var variants: [Holdings.Variant] = []
    for slice in try selectMatches(of: ListImagesRequest(image: name)).slices {
      state.holdings.forEachVariant(of: slice.lastID) { variants.append($1) }
    }
    guard Digest(utf8: name.utf8.span) == nil, !state.images(named: name).isEmpty else { return variants }
    return variants.filter { $0.image.slice.isCalled(name.utf8.span.bytes) }
  }
}

extension RegistrySnapshot {
  /// How many nodes there are in each state, and how many images they have together; nil where no source tells of nodes.
  package var nodeCounts: (states: [NodeStatus.State: Int], images: Int)? {
    guard state.holdings.version > 0 else { return nil }
    var counts: (states: [NodeStatus.State: Int], images: Int) = ([:], 0)
    for number in state.holdings.order {
      guard let node = state.holdings.nodes[number] else { continue }
      counts.states[node.state, default: 0] += 1
      counts.images += node.images?.count ?? 0
    }
    return counts
  }

  /// How many nodes hold an image, and the names of some of them.
  package func holders(of id: Digest, atMost limit: Int) -> (count: Int, names: [String]) {
    let holders = state.holdings.holders(of: id)
    var names: [String] = []
    holders.forEach { number in
      if names.count < limit, let node = state.holdings.nodes[number] { names.append(node.name) }
    }
    return (holders.count, names.sorted())
  }
}

extension Holdings.Node {
  fileprivate func status(at now: ContinuousClock.Instant) -> NodeStatus {
    NodeStatus(
      name: name, state: state, images: images?.count ?? 0, etag: etag,
      age: UInt64(since.duration(to: now).components.seconds), gaps: gaps)
  }
}
