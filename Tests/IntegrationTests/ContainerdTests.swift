import CRI
import Foundation
import ImageRegistry
import ImageSources
import Logging
import ServiceTesting
import Testing

/// The images of Debian's containerd, which is changed and killed while a worker asks it. As root, or containerd cannot run.
@Suite(.fewAtOnce, .enabled(if: geteuid() == 0, "containerd needs root")) struct ContainerdTests {
  private func listed(by worker: RunningWorker) async throws -> [String: ListedImage] {
    let list = try JSONDecoder().decode(ListedImages.self, from: Data(try await worker.images("-o", "json").utf8))
    return Dictionary(uniqueKeysWithValues: list.images.map { ($0.id, $0) })
  }

  /// How long it takes until both say the same.
  private func time(untilListing containerd: Containerd, by worker: RunningWorker) async throws -> Duration {
    let truth = try await containerd.images()
    return try await ContinuousClock().measure {
      let isListed = try await eventually(within: .seconds(60)) { try await listed(by: worker) == truth }
      let said = try await listed(by: worker)
      #expect(isListed, "\(said) is not \(truth)")
    }
  }

  @Test func everyFieldIsWhatContainerdSays() async throws {
    let layout = try await UmociLayout()
    let containerd = try await Containerd()
    for (name, user) in [("example.org/one:1", "1000:1000"), ("example.org/two:1", "nobody"), ("three", "")] {
      try await layout.add(name, user: user)
      try await containerd.load(name, from: layout)
    }
    let worker = try await RunningWorker.start(serving: ["cri:\(containerd.socket)"])
    defer { worker.process.send(SIGKILL) }
    _ = try await time(untilListing: containerd, by: worker)
    #expect(try await listed(by: worker).count == 3)

    let digest = try await layout.facts(of: "example.org/one:1").digest
    try await containerd.control("images", "tag", "example.org/one:1", "example.org/uno:1")
    try await containerd.control("images", "tag", "example.org/one:1", "example.org/one@\(digest)")
    try await containerd.control("images", "label", "example.org/two:1", "io.cri-containerd.pinned=pinned")
    #expect(try await time(untilListing: containerd, by: worker) < .seconds(2))
    let tagged = try await listed(by: worker).values.first { $0.repoTags.contains("example.org/uno:1") }
    #expect(tagged?.repoTags == ["example.org/one:1", "example.org/uno:1"])
    #expect(tagged?.repoDigests == ["example.org/one@\(digest)"] && tagged?.uid?.value == "1000")

    // containerd keeps each image by its id, too.
    let id = try await layout.facts(of: "example.org/two:1").id
    try await containerd.control("images", "remove", "example.org/two:1", id)
    #expect(try await eventually { try await containerd.images().count == 2 })
    #expect(try await time(untilListing: containerd, by: worker) < .seconds(2))
    #expect(try await listed(by: worker).count == 2)
    let status = try await worker.status().sources.first
    #expect(status?.runtime.hasPrefix("containerd ") ?? false, "\(String(describing: status))")
  }

  @Test func aContainerdThatIsKilledIsStaleAndNeverEmpty() async throws {
    let layout = try await UmociLayout()
    let containerd = try await Containerd()
    for name in ["example.org/one:1", "example.org/two:1"] {
      try await layout.add(name)
      try await containerd.load(name, from: layout)
    }
    let worker = try await RunningWorker.start(serving: ["cri:\(containerd.socket)"])
    defer { worker.process.send(SIGKILL) }
    let ids = try await worker.ids()
    #expect(ids.count == 2)
    let asking = Task {
      var lists: Set<[String]> = []
      while !Task.isCancelled {
        do {
          let result = try await Waybill.run(["images", "-q", "--endpoint", worker.endpoint])
          lists.insert([result.output, "\(result.exitCode)"])
        } catch is CancellationError {
          break
        }
      }
      return lists
    }
    for kill in 0..<Self.kills {
      try await containerd.stop()
      if kill == 0 { #expect(try await eventually { try await worker.status().sources.first?.state == "stale" }) }
      try containerd.start()
      #expect(try await eventually { try await containerd.isReady() })
    }
    #expect(try await eventually { try await worker.status().sources.first?.state == "current" })
    asking.cancel()
    let lists = try await asking.value
    #expect(lists == [[ids.map { "\($0)\n" }.joined(), "0"]], "\(lists)")
  }

  private static let kills = LongProofs.areWanted ? 10 : 2

  @Test(.enabled(if: LongProofs.areWanted, "make test-cri runs it")) func aThousandImages() async throws {
    let store = try await LargeStore(images: 1_000)
    let containerd = try await Containerd()
    try await containerd.loadAll(of: store)
    let worker = try await RunningWorker.start(serving: ["cri:\(containerd.socket)"])
    defer { worker.process.send(SIGKILL) }
    _ = try await time(untilListing: containerd, by: worker)
    let listed = try await listed(by: worker)
    #expect(listed.count == 1_000)
    let name = try #require(listed.values.first?.repoTags.first)
    // Within how long is measured by `make bench`, with a program that is built for that.
    try await containerd.control("images", "tag", name, "example.org/added:1")
    _ = try await time(untilListing: containerd, by: worker)
    try await containerd.control("images", "remove", "example.org/added:1")
    _ = try await time(untilListing: containerd, by: worker)
  }

  /// A connection of swift-nio-http2's to a server in Go ends after some 200 quick calls. No question may fail by that.
  @Test(.enabled(if: LongProofs.areWanted, "make test-cri runs it")) func tenThousandQuestions() async throws {
    let layout = try await UmociLayout()
    let containerd = try await Containerd()
    try await layout.add("example.org/one:1")
    try await containerd.load("example.org/one:1", from: layout)
    let location = try ImageSourceLocation("cri:\(containerd.socket)")
    let recorder = LogRecorder()
    var logger = recorder.logger
    logger.logLevel = .trace
    let registry = ImageRegistry(sources: [location.description])
    let feed = RuntimeFeed(
      location, index: 0, limits: RuntimeLimits(pause: .zero, restFactor: 0), logger: logger)
    let asking = Task { try await feed.run(into: registry) }
    func answers() -> Int { recorder.entries.count { $0.message == "nothing has changed" } }
    func footprint() throws -> (descriptors: Int, kilobytes: Int) {
      let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
      let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") })
      let size = line.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) }
      return (try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count, try #require(size))
    }
    #expect(try await eventually(within: .seconds(300)) { answers() >= 1_000 })
    let before = try footprint()
    #expect(try await eventually(within: .seconds(600)) { answers() >= 10_000 })
    let after = try footprint()
    asking.cancel()
    try await asking.value
    let failures = recorder.entries.filter { $0.level >= .warning }
    #expect(failures.isEmpty, "\(failures.count) of \(answers()): \(failures.prefix(3))")
    print("descriptors \(before.descriptors) -> \(after.descriptors), kB \(before.kilobytes) -> \(after.kilobytes)")
    #expect(abs(after.descriptors - before.descriptors) <= 5 && after.kilobytes - before.kilobytes < 20_000)
  }
}
