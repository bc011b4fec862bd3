import Cluster
import ImageAPI
import ImageWire
import MessagePack
import Testing
import WireTesting

@Suite struct ClusterInventoryTests {
  private func image(_ number: Int, variant: Int = 0) -> Image {
    Image(
      id: Digest(sha256Of: "image \(number)".utf8), repoTags: ["example.org/a:\(number)", "example.org/b:\(variant)"],
      size: UInt64(number))
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

  private func put(_ image: Image, into inventory: inout ClusterInventory) throws {
    try inventory.apply(.image(Digest(sha256Of: bytes(image)), bytes(image)))
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
    let twice = Digest(sha256Of: [])
    for bytes in [
      [], [0xc0], [0x80], [0x90], [0xff], broken,
      NodeRecord(images: [twice, twice], etag: "", started: 0, version: "", sources: []).encoded,
    ] as [[UInt8]] {
      #expect(throws: ClusterFault.self) { try NodeRecord(decoding: bytes) }
    }
  }

  @Test func aNodeIsWholeOrWhatItWas() throws {
    var inventory = ClusterInventory()
    try put(image(1), into: &inventory)
    try inventory.apply(.node("a", record([image(1), image(2)])))
    // The first time it is not listed.
    #expect(inventory.state(ofNode: "a") == .syncing && inventory.images(ofNode: "a") == nil)
    #expect(inventory.images.isEmpty && inventory.takeChanges().listed.isEmpty)
    try put(image(2), into: &inventory)
    #expect(inventory.state(ofNode: "a") == .current && inventory.images(ofNode: "a")?.count == 2)
    #expect(inventory.takeChanges().listed.count == 2)

    try inventory.apply(.node("a", record([image(2), image(3)])))
    #expect(inventory.state(ofNode: "a") == .syncing)
    #expect(inventory.images(ofNode: "a")?.keys.sorted() == [image(1).id, image(2).id].sorted())
    // What was held stays though its key goes.
    for number in [1, 2] { try inventory.apply(.image(Digest(sha256Of: bytes(image(number))), nil)) }
    #expect(inventory.images.count == 2)
    try put(image(3), into: &inventory)
    #expect(inventory.images(ofNode: "a")?.keys.sorted() == [image(2).id, image(3).id].sorted())
    let changes = inventory.takeChanges()
    #expect(changes.gone == [image(1).id] && changes.listed.contains(image(3)))

    #expect(throws: ClusterFault.self) { try inventory.apply(.node("a", [0xc0])) }
    #expect(inventory.state(ofNode: "a") == .syncing && inventory.images.count == 2)
    try inventory.apply(.node("a", nil))
    #expect(inventory.state(ofNode: "a") == nil && inventory.images.isEmpty && inventory.nodeCount == 0)
  }

  @Test func bytesThatAreNotTheirKeysAreRefused() throws {
    var inventory = ClusterInventory()
    let key = Digest(sha256Of: bytes(image(1)))
    #expect(throws: ClusterFault.self) { try inventory.apply(.image(key, bytes(image(2)))) }
    #expect(throws: ClusterFault.self) { try inventory.apply(.image(Digest(sha256Of: [0xc0]), [0xc0])) }
    try inventory.apply(.node("a", record([image(1)])))
    #expect(inventory.state(ofNode: "a") == .syncing)
    try put(image(1), into: &inventory)
    #expect(inventory.images == [image(1)])
  }

  @Test func whereNodesDifferTheSmallestNameIsBelieved() throws {
    var inventory = ClusterInventory()
    for variant in 0..<3 { try put(image(1, variant: variant), into: &inventory) }
    for (name, variant) in [("b", 1), ("c", 2), ("d", 2)] {
      try inventory.apply(.node(name, record([image(1, variant: variant)])))
    }
    #expect(inventory.images == [image(1, variant: 1)])
    try inventory.apply(.node("a", record([image(1, variant: 0)])))
    #expect(inventory.takeChanges().listed == [image(1, variant: 0)])
    for name in ["a", "b"] { try inventory.apply(.node(name, nil)) }
    #expect(inventory.takeChanges().listed == [image(1, variant: 2)])
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

  /// A registry that looks through everything each time.
  private struct Model {
    var known: [Digest: Image] = [:]
    var stored: Set<Digest> = []
    var records: [String: [Digest]] = [:]
    var held: [String: [Digest]] = [:]

    mutating func settle() {
      for (name, record) in records where record.allSatisfy({ known[$0] != nil }) { held[name] = record }
      let named = Set(records.values.joined()).union(held.values.joined())
      known = known.filter { stored.contains($0.key) || named.contains($0.key) }
    }

    var images: [Digest: Image] {
      var first: [Digest: (name: String, digest: Digest)] = [:]
      for (name, digests) in held {
        for digest in digests {
          guard let id = known[digest]?.id else { continue }
          if let earlier = first[id], earlier < (name, digest) { continue }
          first[id] = (name, digest)
        }
      }
      return first.compactMapValues { known[$0.digest] }
    }
  }

  @Test(arguments: UInt64(0)..<20) func chance(seed: UInt64) throws {
    var chance = SeededGenerator(seed: seed)
    var inventory = ClusterInventory()
    var model = Model()
    var listed: [Digest: Image] = [:]
    let images = (0..<12).map { image($0 / 2, variant: $0 % 2) }
    for step in 0..<2_000 {
      let image = images.randomElement(using: &chance)!
      let digest = Digest(sha256Of: bytes(image))
      let name = "node\(Int.random(in: 0..<6, using: &chance))"
      switch Int.random(in: 0..<4, using: &chance) {
      case 0:
        try put(image, into: &inventory)
        model.known[digest] = image
        model.stored.insert(digest)
      case 1:
        try inventory.apply(.image(digest, nil))
        model.stored.remove(digest)
      case 2:
        let held = Array(images.shuffled(using: &chance).prefix(Int.random(in: 0..<5, using: &chance)))
        try inventory.apply(.node(name, record(held)))
        model.records[name] = held.map { Digest(sha256Of: bytes($0)) }
      default:
        try inventory.apply(.node(name, nil))
        model.records[name] = nil
        model.held[name] = nil
      }
      model.settle()
      for image in inventory.images { #expect(model.images[image.id] == image, "step \(step)") }
      #expect(inventory.images.count == model.images.count, "step \(step)")
      let changes = inventory.takeChanges()
      for image in changes.listed { listed[image.id] = image }
      for id in changes.gone { listed[id] = nil }
      #expect(listed == model.images, "step \(step)")
    }
    #expect(inventory.nodeCount == model.records.count)
  }
}
