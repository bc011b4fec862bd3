import Cluster
import Foundation
import ImageAPI
import ImageRegistry
import ImageSources
import Logging
import ServiceLifecycle
import Testing

/// Publishers and a reader beside Debian's etcd.
@Suite(.fewAtOnce) struct ClusterTests {
  /// A publisher of a node that is changed at will.
  private final class Node: Sendable {
    let registry = ImageRegistry(sources: ["test:/store"])
    private let group: ServiceGroup
    private let task: Task<Void, any Error>

    init(_ name: String, in etcd: Etcd, holding images: [Image], _ lifetimes: Publisher.Lifetimes) throws {
      registry.replaceContents(ofSource: 0, with: images)
      let location = try ClusterLocation("\(etcd.endpoint)")
      let publisher = Publisher(
        registry, asNode: name, to: location, as: EtcdAccess(), lifetimes: lifetimes, version: "test",
        logger: Logger(label: name))
      let group = ServiceGroup(services: [publisher], logger: Logger(label: "group"))
      self.group = group
      task = Task { try await group.run() }
    }

    func stop() async throws {
      await group.triggerGracefulShutdown()
      try await task.value
    }

    /// As kill -9 does, without a last word.
    func kill() { task.cancel() }

    var end: Result<Void, any Error> {
      get async { await task.result }
    }
  }

  private final class Reader: Sendable {
    let registry = ImageRegistry(sources: ["etcd:test"])
    private let task: Task<Void, any Error>

    init(of etcd: Etcd) throws {
      let feed = ClusterFeed(
        try ClusterLocation("\(etcd.endpoint)"), as: EtcdAccess(), index: 0,
        log: SourceLog(of: "etcd:test", in: Logger(label: "reader")))
      let registry = registry
      task = Task { try await feed.run(into: registry) }
    }

    deinit { task.cancel() }

    var images: [Image]? {
      let snapshot = registry.snapshot
      guard snapshot.pendingSources.isEmpty else { return nil }
      return try? snapshot.select(ListImagesRequest()).images
    }

    func lists(_ images: [Image], within limit: Duration = .seconds(2)) async throws -> Bool {
      let expected = images.sorted { $0.id < $1.id }
      return try await eventually(within: limit) { self.images == expected }
    }
  }

  private func image(_ number: Int, _ tag: String = "1") -> Image {
    Image(id: Digest(sha256Of: "image \(number)".utf8), repoTags: ["example.org/\(number):\(tag)"], size: 7)
  }

  private let brief = Publisher.Lifetimes(presence: 2, retention: 6)

  @Test func nodesComeChangeAndGo() async throws {
    let etcd = try await Etcd()
    let reader = try Reader(of: etcd)
    #expect(try await reader.lists([], within: .seconds(5)))
    let one = try Node("one", in: etcd, holding: [image(1), image(2)], .init())
    let two = try Node("two", in: etcd, holding: [image(2, "other"), image(3)], .init())
    let both = image(2).named(also: image(2, "other"))
    #expect(try await reader.lists([image(1), both, image(3)], within: .seconds(5)))
    one.registry.update(source: 0, upserting: [image(4)], removing: [image(2).id])
    #expect(try await reader.lists([image(1), image(2, "other"), image(3), image(4)]))
    // A whole inventory is one put, however many images change.
    one.registry.replaceContents(ofSource: 0, with: (0..<1_000).map { image($0) })
    #expect(try await reader.lists((0..<1_000).map { $0 == 2 ? both : image($0) }, within: .seconds(10)))
    try await one.stop()
    #expect(try await reader.lists([image(2, "other"), image(3)]))
    try await two.stop()
    #expect(try await reader.lists([]))
  }

  @Test func whatDiesIsGoneInTimeAndWhatLivesStays() async throws {
    let etcd = try await Etcd()
    let reader = try Reader(of: etcd)
    let dying = try Node("dying", in: etcd, holding: [image(1), image(2)], brief)
    #expect(try await reader.lists([image(1), image(2)], within: .seconds(5)))
    let living = try Node("living", in: etcd, holding: [image(2)], brief)
    try await Task.sleep(for: .seconds(1))
    dying.kill()
    #expect(try await reader.lists([image(2)], within: .seconds(6)))
    // The bytes of an image that the dead one wrote are on its lease; they stay for a reader that comes later.
    try await Task.sleep(for: .seconds(10))
    #expect(try await Reader(of: etcd).lists([image(2)], within: .seconds(5)))
    let keys = try await etcd.control("get", "--prefix", "--keys-only", "/waybill/v1/images/")
    #expect(keys.split(separator: "\n").count == 1, "\(keys)")
    try await living.stop()
  }

  @Test func anOutageOfEtcdLosesNothing() async throws {
    let etcd = try await Etcd()
    let reader = try Reader(of: etcd)
    let node = try Node("one", in: etcd, holding: [image(1)], .init(presence: 30, retention: 60))
    #expect(try await reader.lists([image(1)], within: .seconds(5)))
    etcd.members[0].process.send(SIGKILL)
    _ = try await etcd.members[0].process.exitCode()
    node.registry.replaceContents(ofSource: 0, with: [image(1), image(2)])
    #expect(try await eventually(within: .seconds(10)) { reader.registry.sources[0].state == .stale })
    #expect(reader.images == [image(1)])
    try etcd.restart()
    #expect(try await reader.lists([image(1), image(2)], within: .seconds(15)))
    #expect(try await eventually { reader.registry.sources[0].state == .current })
    try await node.stop()
  }

  @Test func ofTwoPublishersOfANameTheLaterOneStays() async throws {
    let etcd = try await Etcd()
    let reader = try Reader(of: etcd)
    let first = try Node("one", in: etcd, holding: [image(1)], .init())
    #expect(try await reader.lists([image(1)], within: .seconds(5)))
    let second = try Node("one", in: etcd, holding: [image(2)], .init())
    #expect(try await reader.lists([image(2)], within: .seconds(5)))
    first.registry.update(source: 0, upserting: [image(3)])
    let end = await first.end
    #expect(throws: EtcdError.self) { try end.get() }
    #expect(try await reader.lists([image(2)]))
    try await second.stop()
  }

  @Test func whatIsNotOursHarmsNobody() async throws {
    let etcd = try await Etcd()
    let digest = Digest(sha256Of: "nothing".utf8).hex
    for key in ["nodes/Not-A-Name", "nodes/broken", "images/\(digest)", "images/abc", "other"] {
      try await etcd.control("put", "/waybill/v1/\(key)", "no MessagePack")
    }
    let reader = try Reader(of: etcd)
    let node = try Node("one", in: etcd, holding: [image(1)], .init())
    #expect(try await reader.lists([image(1)], within: .seconds(5)))
    #expect(reader.registry.sources[0].leftOutCount == 2, "\(reader.registry.sources)")
    #expect(reader.registry.sources[0].passedOver == 3)
    try await etcd.control("put", "/waybill/v1/nodes/late", "neither")
    #expect(try await eventually { reader.registry.sources[0].leftOutCount == 3 })
    try await etcd.control("del", "--prefix", "/waybill/v1/nodes/late")
    #expect(try await eventually { reader.registry.sources[0].leftOutCount == 2 })
    try await etcd.control("del", "/waybill/v1/other")
    #expect(try await eventually { reader.registry.sources[0].passedOver == 2 })
    #expect(reader.images == [image(1)])
    try await node.stop()
  }

  /// A list without a node says that something is missing.
  @Test func aNodeWhoseImagesAreNotThere() async throws {
    let etcd = try await Etcd()
    let node = try Node("one", in: etcd, holding: [image(1), image(2)], .init())
    let before = try Reader(of: etcd)
    #expect(try await before.lists([image(1), image(2)], within: .seconds(5)))
    try await etcd.control("del", "--prefix", "/waybill/v1/images/")
    let reader = try Reader(of: etcd)
    #expect(try await eventually { reader.registry.sources[0].leftOutCount == 1 })
    #expect(reader.registry.sources[0].leftOut[0].reason == "it names 2 images that are not there")
    #expect(reader.images == [])
    try await node.stop()
    #expect(try await eventually { reader.registry.sources[0].leftOutCount == 0 })
  }

  @Test func compactionIsSurvived() async throws {
    let etcd = try await Etcd()
    let reader = try Reader(of: etcd)
    let node = try Node("one", in: etcd, holding: [image(0)], .init())
    #expect(try await reader.lists([image(0)], within: .seconds(5)))
    // The reader hears nothing while the world goes on, and comes back to a revision that is kept no more.
    etcd.members[0].process.send(SIGSTOP)
    try await Task.sleep(for: .seconds(6))
    etcd.members[0].process.send(SIGCONT)
    for number in 1..<5 {
      node.registry.replaceContents(ofSource: 0, with: [image(number)])
      try await Task.sleep(for: .milliseconds(500))
      let revision = try await etcd.control("get", "-w", "json", "x")
      let header = try JSONSerialization.jsonObject(with: Data(revision.utf8)) as? [String: Any]
      let number = (header?["header"] as? [String: Any])?["revision"] as? Int ?? 0
      try await etcd.control("compact", "\(number)")
    }
    #expect(try await reader.lists([image(4)], within: .seconds(15)))
    try await node.stop()
  }
}
