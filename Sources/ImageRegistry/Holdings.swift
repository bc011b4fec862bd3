internal import ImageAPI

/// Which nodes a cluster has and which images each of them holds, as a value. A snapshot shares it; the writer changes a
/// copy of its own.
///
/// A node is an array of numbers of images, an image has the set of the nodes that hold it, and what nodes say of an image
/// is kept once for each variant of it.
struct Holdings: Sendable {
  struct Node: Sendable {
    let name: String
    var state: NodeStatus.State
    /// The numbers of its images, in the order of their ids; nil before its first whole inventory, and when it is gone.
    var images: [UInt32]?
    var hash = StateHash()
    var gaps = ListGaps()
    /// When it said something new, or went.
    var since: ContinuousClock.Instant
  }

  /// What some nodes say of one image.
  struct Variant: Sendable {
    let image: HeldImage
    var holders = NodeSet()
  }

  /// Where the variants of an image are.
  private struct Place: Sendable {
    /// The leading bits of the image's id.
    let word: UInt64
    let variant: UInt32
  }

  private(set) var nodes = NumberedTable<Node>()
  private(set) var variants = NumberedTable<Variant>()
  private var places = ShardTable<[Place]>(repeating: [])
  /// The numbers of the nodes in the order of their names.
  private(set) var order: [UInt32] = []
  private(set) var names = NodeNames()
  /// Covers who holds what.
  private(set) var heldHash = StateHash()
  /// Covers all that a list of the nodes says, except ages.
  private(set) var nodesHash = StateHash()
  /// How often anything was changed; 0 where no source tells of nodes.
  private(set) var version: UInt64 = 0

  /// Becomes equal to `newer`, as ``ShardTable/catchUp(with:)`` does.
  mutating func catchUp(with newer: Holdings) {
    nodes.catchUp(with: newer.nodes)
    variants.catchUp(with: newer.variants)
    places.catchUp(with: newer.places)
    (order, names, version) = (newer.order, newer.names, newer.version)
    (heldHash, nodesHash) = (newer.heldHash, newer.nodesHash)
  }

  /// The number of a node.
  func number(ofNode name: String) -> UInt32? {
    let rank = rank(ofNode: name)
    return rank < order.count && nodes[order[rank]]?.name == name ? order[rank] : nil
  }

  /// How many nodes have names before this one.
  func rank(ofNode name: String) -> Int {
    order.partitioningIndex { nodes[$0].map { !$0.name.precedes(name) } ?? false }
  }

  /// Gives the variants of an image.
  func forEachVariant(of id: Digest, _ body: (_ number: UInt32, Variant) -> Void) {
    let places = places[RegistryState.shardIndex(of: id)]
    for place in places[places.partitioningIndex { $0.word >= id.words.0 }...] {
      guard place.word == id.words.0 else { return }
      if let variant = variants[place.variant], variant.image.id == id { body(place.variant, variant) }
    }
  }

  /// Whether nodes say different things of an image.
  func hasSeveralVariants(_ id: Digest) -> Bool {
    var count = 0
    forEachVariant(of: id) { _, _ in count += 1 }
    return count > 1
  }

  /// The nodes that hold an image, whatever they say of it.
  func holders(of id: Digest) -> NodeSet {
    var holders: NodeSet?
    forEachVariant(of: id) { _, variant in
      // No node holds two variants of one image.
      if holders == nil { holders = variant.holders } else { variant.holders.forEach { holders?.insert($0) } }
    }
    return holders ?? NodeSet()
  }

  func holderCount(of variant: UInt32) -> Int { variants[variant]?.holders.count ?? 0 }

  /// The variants of an image, the one first whose holder has the smallest name: all workers agree in it.
  func rankedVariants(of id: Digest) -> [HeldImage] {
    var found: [Variant] = []
    forEachVariant(of: id) { found.append($1) }
    guard found.count > 1 else { return found.map(\.image) }
    return found.map { variant in (rank: order.firstIndex(where: variant.holders.contains) ?? .max, variant.image) }
      .sorted { $0.rank < $1.rank }.map(\.1)
  }
}

/// Changes, which the writer makes.
extension Holdings {
  /// Notes that something was read.
  mutating func noteChange() { version += 1 }

  mutating func addNode(_ number: UInt32, _ name: String) {
    order.insert(number, at: rank(ofNode: name))
    nodes[number] = Node(name: name, state: .syncing, since: .now)
    nodes[number].map { insertHashes(of: $0) }
    names = NodeNames()
  }

  mutating func removeNode(_ number: UInt32) {
    guard let node = nodes[number] else { return }
    removeHashes(of: node)
    order.remove(at: rank(ofNode: node.name))
    nodes[number] = nil
    names = NodeNames()
  }

  /// Changes what is known of a node, except which images it holds.
  mutating func modifyNode(_ number: UInt32, _ body: (inout Node) -> Void) {
    guard let before = nodes[number] else { return }
    removeHashes(of: before)
    nodes.modify(number, body)
    nodes[number].map { insertHashes(of: $0) }
  }

  /// Notes that a node holds a variant.
  mutating func add(_ node: UInt32, toHoldersOf variant: UInt32) {
    variants.modify(variant) { $0.holders.insert(node) }
  }

  /// Notes that a node holds a variant no longer.
  ///
  /// - Returns: How many nodes do.
  mutating func remove(_ node: UInt32, fromHoldersOf variant: UInt32) -> Int {
    variants.modify(variant) { variant in
      variant.holders.remove(node)
      return variant.holders.count
    } ?? 0
  }

  mutating func addVariant(_ number: UInt32, _ image: HeldImage) {
    variants[number] = Variant(image: image)
    let place = Place(word: image.id.words.0, variant: number)
    let shard = RegistryState.shardIndex(of: image.id)
    places[shard].insert(place, at: places[shard].partitioningIndex { $0.word >= place.word })
  }

  mutating func removeVariant(_ number: UInt32) {
    guard let id = variants[number]?.image.id else { return }
    places[RegistryState.shardIndex(of: id)].removeAll { $0.variant == number }
    variants[number] = nil
  }

  private mutating func insertHashes(of node: Node) {
    nodesHash.insert(node.listedDigest)
    if let digest = node.heldDigest { heldHash.insert(digest) }
  }

  private mutating func removeHashes(of node: Node) {
    nodesHash.remove(node.listedDigest)
    if let digest = node.heldDigest { heldHash.remove(digest) }
  }
}

extension Holdings.Node {
  /// A digest of its images; empty while nothing is listed of it.
  var etag: String { images == nil ? "" : hash.etag }

  fileprivate var heldDigest: Digest? {
    images == nil ? nil : Digest(sha256Of: Array("\(name)\0\(hash.etag)".utf8))
  }

  fileprivate var listedDigest: Digest {
    let stale = gaps.stale.joined(separator: "\0")
    return Digest(sha256Of: Array("\(name)\0\(state.rawValue)\0\(etag)\0\(gaps.leftOut)\0\(stale)".utf8))
  }
}
