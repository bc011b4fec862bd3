internal import ImageAPI

extension Writer {
  /// How long a node that is gone is named.
  private static var goneTime: Duration { .seconds(3_600) }
  /// As many nodes that are gone are named at most.
  private static var maxGone: Int { 100_000 }

  /// Takes changes of a cluster's nodes.
  mutating func apply(_ changes: [NodeChange], from source: Int) -> ImageRegistry.Change {
    var touched: Set<Digest> = []
    for change in changes { apply(change, &touched) }
    forgetGone(at: .now)
    state.holdings.noteChange()
    return apply(touched.sorted().map { SourceChange(id: $0, image: unitedImage($0)) }, from: source)
  }

  private mutating func apply(_ change: NodeChange, _ touched: inout Set<Digest>) {
    let now = ContinuousClock.now
    switch change.kind {
    case .holds(let images):
      let node = number(ofNode: change.node)
      let (numbers, hash) = replaceImages(of: node, with: images, &touched)
      state.holdings.modifyNode(node) {
        ($0.state, $0.images, $0.hash, $0.gaps, $0.since) = (.current, numbers, hash, change.gaps, now)
      }
    case .syncing:
      state.holdings.modifyNode(number(ofNode: change.node)) { ($0.state, $0.since) = (.syncing, now) }
    case .gone:
      guard let node = state.holdings.number(ofNode: change.node) else { return }
      _ = replaceImages(of: node, with: [], &touched)
      state.holdings.modifyNode(node) {
        ($0.state, $0.images, $0.hash, $0.gaps, $0.since) = (.gone, nil, StateHash(), ListGaps(), now)
      }
      numbers.gone.append((node, now))
    }
  }

  private mutating func number(ofNode name: String) -> UInt32 {
    if let number = state.holdings.number(ofNode: name) { return number }
    let number = numbers.nodes.take()
    state.holdings.addNode(number, name)
    return number
  }

  /// Makes `images` all that a node holds. The ids of images that may be listed otherwise now are added to `touched`.
  ///
  /// - Returns: The images' numbers in the order of their ids, and the digest of all of them.
  private mutating func replaceImages(
    of node: UInt32, with images: [HeldImage], _ touched: inout Set<Digest>
  ) -> ([UInt32], StateHash) {
    let before = state.holdings.nodes[node]?.images ?? []
    var hash = state.holdings.nodes[node]?.hash ?? StateHash()
    let after = images.map { number(of: $0) }
    var old = before[...]
    for (image, number) in zip(images, after) {
      while let first = old.first, let id = state.holdings.variants[first]?.image.id, id < image.id {
        old.removeFirst()
        drop(first, of: node, &hash, &touched)
      }
      guard old.first != number else {
        old.removeFirst()
        continue
      }
      state.holdings.add(node, toHoldersOf: number)
      hash.insert(image.digest)
      touch(image.id, isNew: state.holdings.holderCount(of: number) == 1, &touched)
    }
    for number in old { drop(number, of: node, &hash, &touched) }
    return (after, hash)
  }

  /// A node holds a variant no longer.
  private mutating func drop(
    _ number: UInt32, of node: UInt32, _ hash: inout StateHash, _ touched: inout Set<Digest>
  ) {
    guard let image = state.holdings.variants[number]?.image else { return }
    let holders = state.holdings.remove(node, fromHoldersOf: number)
    hash.remove(image.digest)
    touch(image.id, isNew: holders == 0, &touched)
    guard holders == 0 else { return }
    state.holdings.removeVariant(number)
    numbers.byDigest[image.digest] = nil
    numbers.variants.giveBack(number)
  }

  /// One holder more or less changes nothing about the list, unless nodes say different things of the image.
  private func touch(_ id: Digest, isNew: Bool, _ touched: inout Set<Digest>) {
    if isNew || state.holdings.hasSeveralVariants(id) { touched.insert(id) }
  }

  private mutating func number(of image: HeldImage) -> UInt32 {
    if let number = numbers.byDigest[image.digest] { return number }
    let number = numbers.variants.take()
    numbers.byDigest[image.digest] = number
    state.holdings.addVariant(number, image)
    return number
  }

  /// What nodes say of an image: its names are those of all, the rest is by the word of the node with the smallest name.
  private mutating func unitedImage(_ id: Digest) -> Image? {
    var united: Image?
    for variant in state.holdings.rankedVariants(of: id) {
      guard let image = variant.slice.image(with: &unpacker) else { continue }
      united = united?.named(also: image) ?? image
    }
    return united
  }

  private mutating func forgetGone(at now: ContinuousClock.Instant) {
    let expired = numbers.gone.prefix { $0.since + Self.goneTime < now }.count
    let forgotten = numbers.gone.prefix(max(expired, numbers.gone.count - Self.maxGone))
    for (number, since) in forgotten {
      guard let node = state.holdings.nodes[number], node.state == .gone, node.since == since else { continue }
      state.holdings.removeNode(number)
      numbers.nodes.giveBack(number)
    }
    numbers.gone.removeFirst(forgotten.count)
  }
}
