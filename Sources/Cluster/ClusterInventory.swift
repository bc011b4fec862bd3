package import ImageAPI
internal import ImageWire
internal import MessagePack

/// Which node of a cluster holds which image, from what stands in etcd.
///
/// A node is whole or it is what it was before: a record that names an image which is not there (yet) leaves the node
/// `syncing`, with its last whole inventory. An image's bytes are kept for as long as a record names them, whatever becomes
/// of their key.
package struct ClusterInventory: Sendable {
  /// What was put at a key, or nil for what was deleted.
  package enum Change: Sendable {
    case image(Digest, [UInt8]?)
    case node(String, [UInt8]?)
  }

  package enum NodeState: String, Sendable {
    /// Everything that its record names is there.
    case current
    /// Something that its record names is not there, or the record makes no sense.
    case syncing
  }

  private struct Variant {
    let image: Image
    /// Whether its key is there.
    var isStored = true
    /// How many times a node's record or its last whole inventory names it.
    var names = 0
    /// The numbers of the nodes that hold it.
    var holders: Set<Int> = []
  }

  private struct Node {
    let name: String
    var record: NodeRecord?
    /// Its last whole inventory; nil before the first.
    var held: [Digest]?
    /// How many of the record's images are not there.
    var missing: Set<Digest> = []
    var fault: ClusterFault?
  }

  private var variants: [Digest: Variant] = [:]
  /// For each id the variants that a node holds: almost always one.
  private var held: [Digest: [Digest]] = [:]
  private var numbers: [String: Int] = [:]
  private var nodes: [Node?] = []
  private var free: [Int] = []
  /// The nodes that wait for an image.
  private var waiting: [Digest: Set<Int>] = [:]
  private var changed: Set<Digest> = []

  package init() {}

  /// How many nodes have a record.
  package var nodeCount: Int { numbers.count }

  /// Takes over a change.
  ///
  /// - Throws: ``ClusterFault`` for what makes no sense: it changes nothing but the state of its node.
  package mutating func apply(_ change: Change) throws(ClusterFault) {
    switch change {
    case .image(let digest, let bytes?): try put(digest, bytes)
    case .image(let digest, nil): delete(digest)
    case .node(let name, let bytes?): try put(name, bytes)
    case .node(let name, nil): delete(name)
    }
  }

  /// Deletes what is at no other key.
  package mutating func keep(images: Set<Digest>, nodes: Set<String>) {
    for name in numbers.keys where !nodes.contains(name) { delete(name) }
    for (digest, variant) in variants where variant.isStored && !images.contains(digest) { delete(digest) }
  }

  /// The images that are not what they were when this was called last: those that a node holds as the cluster lists them,
  /// and the ids of those that none holds any more.
  package mutating func takeChanges() -> (listed: [Image], gone: [Digest]) {
    var result: (listed: [Image], gone: [Digest]) = ([], [])
    for id in changed {
      if let image = image(id) { result.listed.append(image) } else { result.gone.append(id) }
    }
    changed = []
    return result
  }

  /// Everything that a node holds, as the cluster lists it.
  package var images: [Image] { held.keys.compactMap { image($0) } }

  /// The images of one node by their ids; nil for one that has no whole inventory.
  package func images(ofNode name: String) -> [Digest: Image]? {
    guard let number = numbers[name], let held = nodes[number]?.held else { return nil }
    return Dictionary(
      held.compactMap { variants[$0].map { ($0.image.id, $0.image) } }, uniquingKeysWith: { first, _ in first })
  }

  package func state(ofNode name: String) -> NodeState? {
    guard let number = numbers[name], let node = nodes[number] else { return nil }
    return node.fault == nil && node.missing.isEmpty ? .current : .syncing
  }

  /// What the nodes that hold it say; where they differ, by the word of the one with the smallest name.
  private func image(_ id: Digest) -> Image? {
    guard let candidates = held[id] else { return nil }
    if candidates.count == 1 { return variants[candidates[0]]?.image }
    func firstHolder(_ digest: Digest) -> String {
      variants[digest]?.holders.compactMap { nodes[$0]?.name }.min() ?? ""
    }
    let first = candidates.min { (firstHolder($0), $0) < (firstHolder($1), $1) }
    return first.flatMap { variants[$0]?.image }
  }
}

extension ClusterInventory {
  private mutating func put(_ digest: Digest, _ bytes: [UInt8]) throws(ClusterFault) {
    guard variants[digest] == nil else {
      variants[digest]?.isStored = true
      return
    }
    guard Digest(sha256Of: bytes) == digest else { throw ClusterFault("the bytes at images/\(digest.hex) are others") }
    variants[digest] = Variant(image: try Self.image(bytes))
    for number in waiting.removeValue(forKey: digest) ?? [] {
      variants[digest]?.names += 1
      nodes[number]?.missing.remove(digest)
      if nodes[number]?.missing.isEmpty == true { hold(number) }
    }
  }

  private mutating func delete(_ digest: Digest) {
    variants[digest]?.isStored = false
    forget(digest)
  }

  /// Lets an image go that no key and no record has.
  private mutating func forget(_ digest: Digest) {
    if let variant = variants[digest], !variant.isStored, variant.names == 0 { variants[digest] = nil }
  }

  private static let imageLimits = Limits(bytes: 2 << 20, depth: 8, elements: 100_000)

  private static func image(_ bytes: [UInt8]) throws(ClusterFault) -> Image {
    var unpacker = Unpacker(limits: imageLimits)
    return try unpacker.unpack(bytes.span.bytes, failure: { ClusterFault("\($0)") }) { (root) throws(ClusterFault) in
      do throws(APIError) {
        return try Image(decoding: root)
      } catch {
        throw ClusterFault(error.message)
      }
    }
  }

  private mutating func put(_ name: String, _ bytes: [UInt8]) throws(ClusterFault) {
    let number = number(of: name)
    let record: NodeRecord
    do throws(ClusterFault) {
      record = try NodeRecord(decoding: bytes)
    } catch {
      nodes[number]?.fault = error
      throw ClusterFault("nodes/\(name): \(error)")
    }
    let last = nodes[number]?.record
    let missed = nodes[number]?.missing ?? []
    nodes[number]?.fault = nil
    nodes[number]?.record = record
    nodes[number]?.missing = []
    for digest in missed { stopWaiting(number, for: digest) }
    for digest in record.images {
      if variants[digest] == nil {
        nodes[number]?.missing.insert(digest)
        waiting[digest, default: []].insert(number)
      } else {
        variants[digest]?.names += 1
      }
    }
    for digest in last?.images ?? [] where !missed.contains(digest) { release(digest) }
    if nodes[number]?.missing.isEmpty == true { hold(number) }
  }

  private mutating func delete(_ name: String) {
    guard let number = numbers.removeValue(forKey: name), let node = nodes[number] else { return }
    for digest in node.missing { stopWaiting(number, for: digest) }
    for digest in node.held ?? [] { letGo(digest, number) }
    for digest in node.record?.images ?? [] where !node.missing.contains(digest) { release(digest) }
    nodes[number] = nil
    free.append(number)
  }

  private mutating func number(of name: String) -> Int {
    if let number = numbers[name] { return number }
    let number = free.popLast() ?? nodes.count
    if number == nodes.count { nodes.append(nil) }
    nodes[number] = Node(name: name)
    numbers[name] = number
    return number
  }

  private mutating func stopWaiting(_ number: Int, for digest: Digest) {
    waiting[digest]?.remove(number)
    if waiting[digest]?.isEmpty == true { waiting[digest] = nil }
  }

  /// Makes the record of a node, all of whose images are there, its inventory.
  private mutating func hold(_ number: Int) {
    guard let node = nodes[number], let record = node.record else { return }
    let (before, after) = (Set(node.held ?? []), Set(record.images))
    nodes[number]?.held = record.images
    for digest in after.subtracting(before) {
      guard let id = variants[digest]?.image.id else { continue }
      variants[digest]?.names += 1
      variants[digest]?.holders.insert(number)
      if variants[digest]?.holders.count == 1 { held[id, default: []].append(digest) }
      changed.insert(id)
    }
    for digest in before.subtracting(after) { letGo(digest, number) }
  }

  /// A node holds an image no longer.
  private mutating func letGo(_ digest: Digest, _ number: Int) {
    guard let id = variants[digest]?.image.id else { return }
    variants[digest]?.holders.remove(number)
    if variants[digest]?.holders.isEmpty == true {
      held[id]?.removeAll { $0 == digest }
      if held[id]?.isEmpty == true { held[id] = nil }
    }
    changed.insert(id)
    release(digest)
  }

  private mutating func release(_ digest: Digest) {
    variants[digest]?.names -= 1
    forget(digest)
  }
}
