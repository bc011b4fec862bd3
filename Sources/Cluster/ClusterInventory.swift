package import ImageAPI
package import ImageRegistry
internal import ImageWire
internal import MessagePack

/// Which node of a cluster holds which image, from what stands in etcd.
///
/// A node is whole or it is what it was before: a record that names an image which is not there (yet) leaves the node
/// `syncing`, with its last whole inventory. An image's bytes are kept for as long as a record names them, whatever becomes
/// of their key.
package struct ClusterInventory: Sendable {
  private struct Variant {
    let image: HeldImage
    /// Whether its key is there.
    var isStored = true
    /// How many times a node's record or its last whole inventory names it.
    var names = 0
  }

  private struct Node {
    /// The variants that its newest record names, by their numbers, as far as they are there.
    var named: [UInt32] = []
    /// What its newest record names and is not there.
    var missing: Set<Digest> = []
    /// Its last whole inventory; nil before the first.
    var held: [UInt32]?
    var gaps = ListGaps()
    /// Whether its newest record makes no sense.
    var isFaulty = false
    /// Whether the inventory is another one than was told of last.
    var isNew = false
  }

  private var variants: [Variant?] = []
  private var free: [UInt32] = []
  private var numbers: [Digest: UInt32] = [:]
  private var nodes: [String: Node] = [:]
  /// The nodes that wait for an image.
  private var waiting: [Digest: Set<String>] = [:]
  /// The nodes that are not what was told of last.
  private var changed: Set<String> = []
  /// Those of them that went, and may have come back.
  private var gone: Set<String> = []
  /// What makes no sense, by its place.
  package private(set) var faults: [ClusterKeys.Place: ClusterFault] = [:]

  /// As many faults are kept at most.
  private static let maxFaults = 10_000

  package init() {}

  /// How many nodes have a record.
  package var nodeCount: Int { nodes.count }

  /// Takes over what was put at a place, or nil for what was deleted. What makes no sense changes nothing but the state
  /// of its node, and is among the ``faults`` from then on.
  package mutating func apply(_ place: ClusterKeys.Place, _ bytes: [UInt8]?) {
    do throws(ClusterFault) {
      switch (place, bytes) {
      case (.image(let digest), let bytes?): try put(digest, bytes)
      case (.image(let digest), nil): delete(digest)
      case (.node(let name), let bytes?): try put(name, bytes)
      case (.node(let name), nil): delete(name)
      }
      faults[place] = nil
    } catch {
      note(error, at: place)
    }
  }

  private mutating func note(_ fault: ClusterFault, at place: ClusterKeys.Place) {
    if faults[place] != nil || faults.count < Self.maxFaults { faults[place] = fault }
  }

  /// Deletes what is at no other place.
  package mutating func keep(images: Set<Digest>, nodes: Set<String>) {
    for name in self.nodes.keys where !nodes.contains(name) { delete(name) }
    for (digest, number) in numbers where variants[Int(number)]?.isStored == true && !images.contains(digest) {
      delete(digest)
    }
    faults = faults.filter { place, _ in
      switch place {
      case .image(let digest): images.contains(digest)
      case .node(let name): nodes.contains(name)
      }
    }
  }

  /// What is new about the nodes since this was called last.
  package mutating func takeChanges() -> [NodeChange] {
    var changes: [NodeChange] = []
    for name in changed.sorted() {
      if gone.contains(name) { changes.append(NodeChange(name, .gone)) }
      guard let node = nodes[name] else { continue }
      if node.isNew, let held = node.held {
        changes.append(NodeChange(name, .holds(held.compactMap { variants[Int($0)]?.image }), gaps: node.gaps))
        nodes[name]?.isNew = false
      }
      if node.isFaulty || !node.missing.isEmpty { changes.append(NodeChange(name, .syncing)) }
    }
    (changed, gone) = ([], [])
    return changes
  }
}

extension ClusterInventory {
  private mutating func put(_ digest: Digest, _ bytes: [UInt8]) throws(ClusterFault) {
    if let number = numbers[digest] {
      variants[Int(number)]?.isStored = true
      return
    }
    guard Digest(sha256Of: bytes) == digest else { throw ClusterFault("its bytes are not those of its key") }
    let number = add(HeldImage(try Self.image(bytes), digest: digest))
    for name in waiting.removeValue(forKey: digest) ?? [] {
      variants[Int(number)]?.names += 1
      nodes[name]?.named.append(number)
      nodes[name]?.missing.remove(digest)
      do throws(ClusterFault) { try hold(name) } catch { note(error, at: .node(name)) }
    }
  }

  private mutating func add(_ image: HeldImage) -> UInt32 {
    let number = free.popLast() ?? UInt32(variants.count)
    if number == variants.count { variants.append(nil) }
    variants[Int(number)] = Variant(image: image)
    numbers[image.digest] = number
    return number
  }

  private mutating func delete(_ digest: Digest) {
    guard let number = numbers[digest] else { return }
    variants[Int(number)]?.isStored = false
    forget(number)
  }

  /// Lets a variant go that no key and no record has.
  private mutating func forget(_ number: UInt32) {
    guard let variant = variants[Int(number)], !variant.isStored, variant.names == 0 else { return }
    numbers[variant.image.digest] = nil
    variants[Int(number)] = nil
    free.append(number)
  }

  private mutating func release(_ numbers: [UInt32]) {
    for number in numbers {
      variants[Int(number)]?.names -= 1
      forget(number)
    }
  }

  private static let imageLimits = Limits(bytes: 2 << 20, depth: 8, elements: 100_000)

  private static func image(_ bytes: [UInt8]) throws(ClusterFault) -> Image {
    var unpacker = Unpacker(limits: imageLimits)
    return try unpacker.unpack(bytes.span.bytes, failure: { ClusterFault("\($0)") }) { (root) throws(ClusterFault) in
      do throws(APIError) {
        var image = try Image(decoding: root)
        // It is said by records, and by nothing else.
        image.nodes = nil
        return image
      } catch {
        throw ClusterFault(error.message)
      }
    }
  }

  private mutating func put(_ name: String, _ bytes: [UInt8]) throws(ClusterFault) {
    changed.insert(name)
    var node = nodes[name] ?? Node()
    node.isFaulty = true
    nodes[name] = node
    let record = try NodeRecord(decoding: bytes)
    let before = node
    for digest in before.missing { stopWaiting(name, for: digest) }
    (node.named, node.missing, node.gaps, node.isFaulty) = ([], [], record.gaps, false)
    node.named.reserveCapacity(record.images.count)
    for digest in record.images {
      if let number = numbers[digest] {
        variants[Int(number)]?.names += 1
        node.named.append(number)
      } else {
        node.missing.insert(digest)
        waiting[digest, default: []].insert(name)
      }
    }
    nodes[name] = node
    release(before.named)
    guard node.missing.isEmpty else {
      throw ClusterFault("it names \(node.missing.count) images that are not there")
    }
    try hold(name)
  }

  private mutating func delete(_ name: String) {
    guard let node = nodes.removeValue(forKey: name) else { return }
    changed.insert(name)
    gone.insert(name)
    for digest in node.missing { stopWaiting(name, for: digest) }
    release(node.named)
    release(node.held ?? [])
  }

  private mutating func stopWaiting(_ name: String, for digest: Digest) {
    waiting[digest]?.remove(name)
    if waiting[digest]?.isEmpty == true { waiting[digest] = nil }
  }

  /// Makes what the record of a node names its inventory, once all of it is there.
  private mutating func hold(_ name: String) throws(ClusterFault) {
    guard let node = nodes[name], node.missing.isEmpty else { return }
    changed.insert(name)
    let inventory = sorted(node.named)
    for (one, next) in zip(inventory, inventory.dropFirst()) where id(one) == id(next) {
      nodes[name]?.isFaulty = true
      throw ClusterFault("it has two images of one id")
    }
    for number in inventory { variants[Int(number)]?.names += 1 }
    release(node.held ?? [])
    nodes[name]?.named = inventory
    nodes[name]?.held = inventory
    nodes[name]?.isNew = true
    // A record that is whole has nothing against it any more.
    nodes[name]?.isFaulty = false
    faults[.node(name)] = nil
  }

  private func id(_ number: UInt32) -> Digest? { variants[Int(number)]?.image.id }

  /// The numbers in the order of the images' ids, which is that of a record already, unless it had to wait for an image.
  private func sorted(_ numbers: [UInt32]) -> [UInt32] {
    func isBefore(_ one: UInt32, _ other: UInt32) -> Bool {
      guard let one = id(one), let other = id(other) else { return false }
      return one < other
    }
    let isSorted = zip(numbers, numbers.dropFirst()).allSatisfy { !isBefore($1, $0) }
    return isSorted ? numbers : numbers.sorted(by: isBefore)
  }
}
