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
    case holds([Image], leftOut: [SkippedImage] = [])
    case unchanged
    case fails(String)
  }

  let name = "scripted"
  var steps: [Step]

  mutating func read(reporting progress: ReadingProgress) throws(SourceError) -> Inventory? {
    let step = steps.count > 1 ? steps.removeFirst() : steps[0]
    switch step {
    case .holds(let images, let leftOut): return Inventory(images: images, leftOut: leftOut)
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
    let source = ScriptedSource(steps: [
      .fails("not there"), .holds(images(["a"]), leftOut: [leftOut]), .fails("gone"), .fails("gone"),
      .holds(images(["b"])), .unchanged,
    ])
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
        return state == .current && registry.sources[0].leftOutCount == 0 && log.entries.count >= 5
      }
      return states
    }
    await group.triggerGracefulShutdown()
    try await running
    #expect(states == [.pending, .current, .stale, .current])
    #expect(registry.snapshot.count == 1)
    let messages = log.entries.map { "\($0.level) \($0.message) \($0.metadata["error"] ?? $0.metadata["path"] ?? "")" }
    #expect(
      messages.prefix(5) == [
        "error cannot read the source not there", "notice read ", "warning left out an image /x",
        "error cannot read the source gone", "notice read ",
      ])
    #expect(log.entries.allSatisfy { $0.metadata["source"] == "scripted" })
  }
}
