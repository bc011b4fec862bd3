import Glibc
import ImageAPI
import ImageRegistry
import ImageSources
import Logging
import ServiceLifecycle
import ServiceTesting
import Testing

/// A source that does as it is told, and goes on doing the last of it.
private struct ScriptedSource: ImageSource {
  enum Step: Sendable {
    case holds([Image], leftOut: [SkippedImage] = [], fault: String? = nil)
    case unchanged
    case fails(String)
  }

  let name = "scripted"
  var steps: [Step]

  mutating func read(reporting progress: ReadingProgress) throws(SourceError) -> Inventory? {
    let step = steps.count > 1 ? steps.removeFirst() : steps[0]
    switch step {
    case .holds(let images, let leftOut, let fault):
      return Inventory(images: images, leftOut: leftOut, outdated: fault.map { SourceError(.unreadable, $0) })
    case .unchanged: return nil
    case .fails(let reason): throw SourceError(.unreadable, reason)
    }
  }
}

/// Tells how nice the thread is that reads it.
private struct NicenessSource: ImageSource {
  let name = "niceness"
  let tell: @Sendable (Int32) -> Void

  mutating func read(reporting progress: ReadingProgress) throws(SourceError) -> Inventory? {
    tell(niceness)
    return nil
  }
}

private var niceness: Int32 { getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) }

@Suite struct PollingFeedTests {
  @Test("The thread that reads gives way, and no other does")
  func priority() async throws {
    let (told, continuation) = AsyncStream<Int32>.makeStream()
    let reader = PollingFeed(
      NicenessSource { continuation.yield($0) }, index: 0, logger: LogRecorder().logger)
    let service = RunningFeed(reader, into: ImageRegistry(sources: ["niceness"]))
    let group = ServiceGroup(services: [service], logger: LogRecorder().logger)
    async let running: Void = group.run()
    let ofReader = await told.first { _ in true }
    await group.triggerGracefulShutdown()
    try await running
    #expect(ofReader == min(19, niceness + 10))
  }

  @Test("What a source says reaches the registry, and an error that lasts is logged once")
  func readings() async throws {
    let leftOut = SkippedImage(image: "x", path: "/x", reason: "broken")
    try await expect(
      [
        .fails("not there"), .holds(images(["a"]), leftOut: [leftOut]), .fails("gone"), .fails("gone"),
        .holds(images(["b"])), .unchanged,
      ], states: [.current, .stale, .current],
      messages: [
        "error cannot read the source not there", "notice read ", "warning left out an image /x",
        "error cannot read the source gone", "notice read ",
      ])
  }

  @Test("A source is stale while one of its images is what it was before a fault, and its other images come and go")
  func fault() async throws {
    try await expect(
      [
        .holds(images(["a"])), .holds(images(["b"]), fault: "rotten"), .unchanged,
        .holds(images(["c"]), fault: "rotten"), .holds(images(["d"])), .unchanged,
      ], states: [.current, .stale, .current],
      messages: ["notice read ", "notice read ", "error cannot read the source rotten", "notice read ", "notice read "])
  }

  private func expect(
    _ steps: [ScriptedSource.Step], states expected: [SourceStatus.State], messages: [String]
  ) async throws {
    let source = ScriptedSource(steps: steps)
    let registry = ImageRegistry(sources: ["scripted"])
    let log = LogRecorder()
    let reader = PollingFeed(source, index: 0, logger: log.logger)
    let group = ServiceGroup(
      services: [RunningFeed(reader, into: registry)], logger: Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() }
    )
    async let running: Void = group.run()
    let states = try await blocking {
      var states: [SourceStatus.State] = []
      _ = eventually {
        let state = registry.sources[0].state
        if state != states.last { states.append(state) }
        // What a reading found is in the registry before it is in the log.
        return state == .current && registry.sources[0].leftOutCount == 0 && log.entries.count >= messages.count
      }
      return states
    }
    await group.triggerGracefulShutdown()
    try await running
    #expect(states.drop { $0 == .pending } == expected[...])
    #expect(registry.snapshot.count == 1)
    let logged = log.entries.map { "\($0.level) \($0.message) \($0.metadata["error"] ?? $0.metadata["path"] ?? "")" }
    #expect(logged.prefix(messages.count) == messages[...])
    #expect(log.entries.allSatisfy { $0.metadata["source"] == "scripted" })
  }
}
