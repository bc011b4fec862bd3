import Cluster
import ImageAPI
import ImageRegistry
import ImageWire
import MessagePack
import Testing
import WireTesting

@Suite struct ClusterInventoryTests {
  private func image(_ number: Int, variant: Int = 0) -> Image {
    Image(
      id: Digest(sha256Of: "image \(number)".utf8), repoTags: ["example.org/a:\(number)", "example.org/b:\(variant)"],
      size: UInt64(1_000 * number + variant), pinned: variant == 1)
  }

  private func bytes(_ image: Image) -> [UInt8] {
    var packer = Packer()
    packer.pack(image)
    return packer.finish().withUnsafeBytes { Array($0) }
  }

  private func record(_ images: [Image]) -> [UInt8] {
    NodeRecord(
      images: images.map { Digest(sha256Of: bytes($0)) }, etag: "etag", started: 1, version: "1",
      sources: [NodeRecord.Source(name: "oci:/a", state: .current)]
    ).encoded
  }

  /// What stands in etcd, and a registry that is told of it.
  private struct Cluster {
    var inventory = ClusterInventory()
    let registry = ImageRegistry(sources: ["etcd:a:1"])

    mutating func apply(_ place: ClusterKeys.Place, _ bytes: [UInt8]?) {
      inventory.apply(place, bytes)
      registry.updateNodes(ofSource: 0, by: inventory.takeChanges())
    }

    var images: [Image] { get throws { try registry.snapshot.select(ListImagesRequest()).images } }

    /// The images of a node; nil for one that is not listed.
    func images(ofNode name: String) -> [Image]? {
      try? registry.snapshot.select(ListImagesRequest(node: name)).images
    }

    var nodes: [NodeStatus] {
      get throws {
        guard case .nodes(let list) = try registry.snapshot.listNodes(ListNodesRequest()) else { return [] }
        return list.nodes
      }
    }

    func state(ofNode name: String) throws -> NodeStatus.State? { try nodes.first { $0.name == name }?.state }
  }

  private func put(_ image: Image, into cluster: inout Cluster) {
    cluster.apply(.image(Digest(sha256Of: bytes(image))), bytes(image))
  }

  @Test func aRecordIsReadAsItWasWritten() throws {
    let record = NodeRecord(
      images: (0..<1_000).map { Digest(sha256Of: "\($0)".utf8) }, etag: "f", started: .max, version: "0.1.0",
      sources: [.init(name: "cri:/run/a", state: .stale), .init(name: "oci:/b", state: .pending)])
    #expect(try NodeRecord(decoding: record.encoded) == record)
    for length in [0, 1, 5, 20, 100, record.encoded.count - 1] {
      #expect(throws: ClusterFault.self) { try NodeRecord(decoding: Array(record.encoded.prefix(length))) }
    }
  }

  @Test func whatIsNoRecordIsRefused() {
    let half = NodeRecord(images: [], etag: "", started: 0, version: "", sources: []).encoded
    // An empty bin and one of half a digest.
    var broken = half
    #expect(broken[8...9] == [0xc4, 0])
    broken.replaceSubrange(8...9, with: [0xc4, 16] + [UInt8](repeating: 7, count: 16))
    for bytes in [[], [0xc0], [0x80], [0x90], [0xff], broken] as [[UInt8]] {
      #expect(throws: ClusterFault.self) { try NodeRecord(decoding: bytes) }
    }
  }

  @Test func aNodeIsWholeOrWhatItWas() throws {
    var cluster = Cluster()
    put(image(1), into: &cluster)
    cluster.apply(.node("a"), record([image(1), image(2)]))
    // The first time it is not listed.
    #expect(try cluster.state(ofNode: "a") == .syncing && cluster.images.isEmpty)
    #expect(throws: APIError.self) { try cluster.registry.snapshot.select(ListImagesRequest(node: "a")) }
    put(image(2), into: &cluster)
    #expect(try cluster.state(ofNode: "a") == .current && cluster.images.count == 2)
    #expect(cluster.images(ofNode: "a")?.count == 2)

    cluster.apply(.node("a"), record([image(2), image(3)]))
    #expect(try cluster.state(ofNode: "a") == .syncing)
    #expect(Set(cluster.images(ofNode: "a") ?? []) == [image(1), image(2)])
    // What was held stays though its key goes.
    for number in [1, 2] { cluster.apply(.image(Digest(sha256Of: bytes(image(number)))), nil) }
    #expect(try cluster.images.count == 2)
    put(image(3), into: &cluster)
    #expect(Set(cluster.images(ofNode: "a") ?? []) == [image(2), image(3)])
    #expect(try cluster.state(ofNode: "a") == .current && Set(cluster.images) == [image(2), image(3)])

    cluster.apply(.node("a"), [0xc0])
    #expect(cluster.inventory.faults.keys.first == .node("a"))
    #expect(try cluster.state(ofNode: "a") == .syncing && cluster.images.count == 2)
    cluster.apply(.node("a"), nil)
    #expect(try cluster.state(ofNode: "a") == .gone && cluster.images.isEmpty)
    #expect(cluster.inventory.nodeCount == 0 && cluster.inventory.faults.isEmpty && cluster.images(ofNode: "a") == nil)
  }

  @Test func bytesThatAreNotTheirKeysAreRefused() throws {
    var cluster = Cluster()
    let key = Digest(sha256Of: bytes(image(1)))
    cluster.apply(.image(key), bytes(image(2)))
    cluster.apply(.image(Digest(sha256Of: [0xc0])), [0xc0])
    #expect(cluster.inventory.faults.count == 2)
    cluster.apply(.node("a"), record([image(1)]))
    #expect(try cluster.state(ofNode: "a") == .syncing)
    put(image(1), into: &cluster)
    #expect(try cluster.images == [image(1)])
    #expect(cluster.inventory.faults.count == 1)
  }

  @Test func twoImagesOfOneIDAreNoInventory() throws {
    var cluster = Cluster()
    for variant in 0..<2 { put(image(1, variant: variant), into: &cluster) }
    cluster.apply(.node("a"), record([image(1, variant: 0), image(1, variant: 1)]))
    #expect(try cluster.state(ofNode: "a") == .syncing && cluster.inventory.faults.count == 1)
    cluster.apply(.node("a"), record([image(1, variant: 1), image(1, variant: 1)]))
    #expect(try cluster.state(ofNode: "a") == .syncing && cluster.inventory.faults.count == 1)
    cluster.apply(.node("a"), record([image(1, variant: 1)]))
    #expect(try cluster.state(ofNode: "a") == .current && cluster.inventory.faults.isEmpty)
  }

  @Test func whereNodesDifferTheSmallestNameIsBelieved() throws {
    var cluster = Cluster()
    for variant in 0..<3 { put(image(1, variant: variant), into: &cluster) }
    for (name, variant) in [("b", 1), ("c", 2), ("d", 2)] {
      cluster.apply(.node(name), record([image(1, variant: variant)]))
    }
    func united(_ variants: Int...) -> Image {
      variants.dropFirst().reduce(image(1, variant: variants[0])) { $0.named(also: image(1, variant: $1)) }
    }
    #expect(try cluster.images == [united(1, 2)])
    cluster.apply(.node("a"), record([image(1, variant: 0)]))
    #expect(try cluster.images == [united(0, 1, 2)])
    #expect(cluster.images(ofNode: "a") == [image(1, variant: 0)])
    for name in ["a", "b"] { cluster.apply(.node(name), nil) }
    #expect(try cluster.images == [image(1, variant: 2)])
  }

  @Test func aReplyThatIsKeptIsOfItsOwnMoment() throws {
    var cluster = Cluster()
    let (held, other) = (image(1), image(2))
    for image in [held, other] { put(image, into: &cluster) }
    func report(_ node: Int, _ images: [Image]) { cluster.apply(.node("node-\(node)"), record(images)) }
    for node in 0..<700 { report(node, [held]) }
    func select() throws -> Selection {
      try cluster.registry.snapshot.select(ListImagesRequest(image: held.repoTags[0], listsNodes: true))
    }
    func written(_ selection: Selection) -> [UInt8] {
      var packer = Packer()
      packer.pack(selection, in: .plain)
      return packer.finish().withUnsafeBytes { Array($0) }
    }
    func kept(_ selection: Selection) throws -> PackedBytes { try #require(selection.keptReply()) }

    var moments: [Selection] = []
    for change in 0..<5 {
      // Of who holds it, of an image that is not asked for, of an image that comes.
      report(change, change == 2 ? [held, other] : [])
      let moment = try select()
      #expect(try kept(moment).withUnsafeBytes { Array($0) } == written(moment))
      #expect(try kept(moment).withUnsafeBytes { $0.baseAddress } == kept(select()).withUnsafeBytes { $0.baseAddress })
      moments.append(moment)
    }
    for moment in moments { #expect(try kept(moment).withUnsafeBytes { Array($0) } == written(moment)) }
    #expect(Set(moments.map(written)).count == moments.count)
    for node in 0..<200 { report(node, []) }
    #expect(try select().keptReply() == nil)
  }

  @Test func keysAreReadAsTheyAreWritten() {
    let keys = ClusterKeys(prefix: "/waybill")
    let places: [ClusterKeys.Place] = [.image(Digest(sha256Of: [])), .node("a"), .node("node-1.example.org")]
    for place in places { #expect(keys.place(of: keys.key(of: place)) == place) }
    for key in [
      "", "/waybill/v1/", "/waybill/v1/nodes/", "/waybill/v1/nodes/A", "/waybill/v1/nodes/a/b", "/waybill/v1/nodes/-a",
      "/waybill/v1/images/abc", "/waybill/v1/images/sha256:\(Digest(sha256Of: []).hex)", "/waybill/v2/nodes/a",
      "/other/v1/nodes/a", "/waybill/v1/nodes/\(String(repeating: "a", count: 254))",
    ] {
      #expect(keys.place(of: Array(key.utf8)) == nil, "\(key)")
    }
    #expect(keys.place(of: Array("/waybill/v1/nodes/".utf8) + [0xff]) == nil)
  }

  /// A cluster that looks through everything each time.
  private struct Model {
    var known: [Digest: Image] = [:]
    var stored: Set<Digest> = []
    var records: [String: [Digest]] = [:]
    var held: [String: [Digest]] = [:]

    mutating func settle() {
      for (name, record) in records where record.allSatisfy({ known[$0] != nil }) {
        if Set(record.compactMap { known[$0]?.id }).count == record.count { held[name] = record }
      }
      let named = Set(records.values.joined()).union(held.values.joined())
      known = known.filter { stored.contains($0.key) || named.contains($0.key) }
    }

    /// The images of all nodes, each with the names of those that hold it.
    var images: [Image] {
      var images: [Digest: Image] = [:]
      for (name, digests) in held.sorted(by: { $0.key < $1.key }) {
        for image in digests.compactMap({ known[$0] }) {
          var united = images[image.id]?.named(also: image) ?? image
          united.nodes = (images[image.id]?.nodes ?? []) + [name]
          images[image.id] = united
        }
      }
      return images.values.sorted { $0.id < $1.id }
    }

    func images(ofNode name: String) -> [Image]? {
      held[name].map { $0.compactMap { known[$0] }.sorted { $0.id < $1.id } }
    }

    /// Where a pod with one image starts soonest, by the name or the id that it has on the node.
    func locality(_ isMeant: (Image) -> Bool) -> [(name: String, bytes: UInt64)] {
      held.compactMap { name, digests in
        digests.compactMap { known[$0] }.filter(isMeant).map(\.size).max().map { (name, $0) }
      }.sorted { ($1.bytes, $0.name) < ($0.bytes, $1.name) }
    }
  }

  @Test(arguments: UInt64(0)..<20) func chance(seed: UInt64) throws {
    var chance = SeededGenerator(seed: seed)
    var cluster = Cluster()
    var model = Model()
    let images = (0..<12).map { image($0 / 2, variant: $0 % 2) }
    for step in 0..<1_000 {
      let image = images.randomElement(using: &chance)!
      let digest = Digest(sha256Of: bytes(image))
      let name = "node\(Int.random(in: 0..<6, using: &chance))"
      switch Int.random(in: 0..<4, using: &chance) {
      case 0:
        cluster.inventory.apply(.image(digest), bytes(image))
        model.known[digest] = image
        model.stored.insert(digest)
      case 1:
        cluster.inventory.apply(.image(digest), nil)
        model.stored.remove(digest)
      case 2:
        let held = Array(images.shuffled(using: &chance).prefix(Int.random(in: 0..<5, using: &chance)))
        cluster.inventory.apply(.node(name), record(held))
        model.records[name] = held.map { Digest(sha256Of: bytes($0)) }
      default:
        cluster.inventory.apply(.node(name), nil)
        model.records[name] = nil
        model.held[name] = nil
      }
      model.settle()
      // Several changes are one at times.
      guard Int.random(in: 0..<3, using: &chance) > 0 else { continue }
      cluster.registry.updateNodes(ofSource: 0, by: cluster.inventory.takeChanges())
      try check(cluster, against: model, "seed \(seed), step \(step)", &chance)
    }
    #expect(cluster.inventory.nodeCount == model.records.count)
  }

  private func check(
    _ cluster: Cluster, against model: Model, _ moment: Comment, _ chance: inout SeededGenerator
  ) throws {
    let snapshot = cluster.registry.snapshot
    let packed = try snapshot.select(ListImagesRequest(listsNodes: true)).reply(in: .plain)
    var unpacker = Unpacker(limits: Limits(bytes: .max, depth: 16, elements: .max))
    let reply = try packed.withBytes { try ListImagesReply(decoding: $0, with: &unpacker) }
    guard case .images(let list) = reply else { throw APIError(.internal, "no list") }
    let expected = model.images
    #expect(list.images == expected, moment)
    #expect(list.images.map(\.nodes) == expected.map(\.nodes), moment)
    for name in (0..<6).map({ "node\($0)" }) {
      #expect(cluster.images(ofNode: name) == model.images(ofNode: name), moment)
      let isListed = try cluster.state(ofNode: name).map { $0 != .gone } ?? false
      #expect(isListed == (model.records[name] != nil), moment)
    }
    let number = Int.random(in: 0..<6, using: &chance)
    let tag = "example.org/b:\(number % 2)"
    for (asked, isMeant) in [
      (image(number).id.description, { $0.id == self.image(number).id }), (tag, { $0.repoTags.contains(tag) }),
    ] as [(String, (Image) -> Bool)] {
      let locality = try snapshot.locality(ImageLocalityRequest(images: [asked], limit: 4))
      let best = model.locality(isMeant)
      #expect(locality.images[0].nodes == best.count, moment)
      #expect(locality.nodes.map(\.name) == best.prefix(4).map(\.name), moment)
      #expect(locality.nodes.map(\.bytes) == best.prefix(4).map(\.bytes), moment)
    }
  }
}
