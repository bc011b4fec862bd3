import Foundation
import ImageAPI
import ImageRegistry
import ImageSources
import Logging
import ServiceLifecycle
import ServiceTesting
import Synchronization
import Testing

/// A source of three images whose reading lasts as long as the test says.
private struct SlowSource: ImageSource {
  let name = "slow"
  /// Called before each image.
  let wait: @Sendable () -> Void

  func read(reporting progress: ReadingProgress) throws(SourceError) -> Inventory? {
    progress.expect(3)
    for _ in 0..<3 {
      wait()
      progress.advance()
    }
    return Inventory(images: images(["a", "b", "c"]))
  }
}

@Suite struct SourceProgressTests {
  private let registry = ImageRegistry(sources: ["slow"])
  private let log = LogRecorder()

  /// Runs a reader until it has read, and gives what was shown meanwhile.
  private func counts(_ wait: @escaping @Sendable () -> Void) async throws -> [ReadingProgress.Count?] {
    let shown = Mutex<[ReadingProgress.Count?]>([])
    let reader = PollingFeed(SlowSource(wait: wait), index: 0, logger: log.logger) { count in
      shown.withLock { $0.append(count) }
    }
    try await run(reader) { shown.withLock { $0.last.map { $0 == nil } ?? false } }
    return shown.withLock { $0 }
  }

  private func run(_ reader: PollingFeed, until condition: @escaping @Sendable () -> Bool) async throws {
    let group = ServiceGroup(
      services: [RunningFeed(reader, into: registry)], logger: Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() }
    )
    async let running: Void = group.run()
    let held = try await blocking { eventually(condition) }
    await group.triggerGracefulShutdown()
    try await running
    #expect(held)
  }

  @Test("A reading of more than a second shows how far it is, and that it is done")
  func slow() async throws {
    let counts = try await counts { Thread.sleep(forTimeInterval: 0.6) }
    // The first after 1.2 seconds, or later on a slow machine.
    let first = try #require(counts.first ?? nil)
    #expect(first.unit == .images && first.total == 3 && first.done >= 2)
    #expect(counts.contains(nil))
  }

  @Test("A reading that is soon done shows nothing")
  func quick() async throws {
    let counts = try await counts {}
    #expect(counts.allSatisfy { $0 == nil })
  }

  @Test("Where there is no terminal, the log says it")
  func logged() async throws {
    let reader = PollingFeed(
      SlowSource { Thread.sleep(forTimeInterval: 0.6) }, index: 0, logger: log.logger)
    try await run(reader) { [log] in log.entries.contains { $0.message == "read" } }
    let entry = try #require(log.entries.first)
    #expect(entry.level == .notice && entry.message == "reading" && entry.metadata["source"] == "slow")
    #expect(entry.metadata["progress"]?.hasSuffix(" of 3 images") == true)
  }

  @Test("A reading that lasts keeps nobody from leaving")
  func leaving() async throws {
    let hasBegun = Mutex(false)
    let gate = DispatchSemaphore(value: 0)
    let reader = PollingFeed(
      SlowSource {
        hasBegun.withLock { $0 = true }
        gate.wait()
      }, index: 0, logger: log.logger)
    try await run(reader) { hasBegun.withLock { $0 } }
    #expect(registry.sources[0].state == .unread)
    for _ in 0..<3 { gate.signal() }
  }
}
