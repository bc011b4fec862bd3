internal import CGlibc
internal import Concurrency
internal import Diagnostics
package import ImageRegistry
package import Logging
internal import ServiceLifecycle

/// Reads a store again and again, on a thread of its own, and tells the registry what it holds.
package struct PollingFeed: ImageFeed {
  private let source: any ImageSource
  private let index: Int
  private let log: SourceLog
  private let show: (@Sendable (ReadingProgress.Count?) -> Void)?

  /// A change in a store is listed within two seconds: half of one for the wait, the rest for reading.
  private static let interval = Duration.milliseconds(500)
  /// The time from one line in the log to the next while a source is being read.
  private static let logInterval = Duration.seconds(5)

  /// A feed that is not running yet.
  ///
  /// - Parameters:
  ///   - source: The store to read.
  ///   - index: The number of the source in the registry.
  ///   - logger: Where to say what changed and what is wrong.
  ///   - show: Where to show how far a reading of more than a second has come, each half second, and nil when it is
  ///     done. If there is no such place, the log has it, each five seconds.
  package init(
    _ source: any ImageSource, index: Int, logger: Logger,
    showing show: (@Sendable (ReadingProgress.Count?) -> Void)? = nil
  ) {
    self.source = source
    self.index = index
    log = SourceLog(of: source.name, in: logger)
    self.show = show
  }

  /// Reads until the service group shuts down.
  ///
  /// A reading that is under way then is not waited for: it may last minutes, and has nothing to bring in order.
  package func run(into registry: ImageRegistry) async throws {
    let stop = Latch()
    defer { stop.open() }
    NamedThread.start("waybill-source") { poll(into: registry, until: stop) }
    try await gracefulShutdown()
  }

  private func poll(into registry: ImageRegistry, until stop: Latch) {
    lowerThreadPriority()
    var state = State(source: source, log: log)
    repeat {
      readOnce(&state, into: registry)
    } while !stop.wait(atMost: Self.interval)
  }

  private struct State {
    var source: any ImageSource
    var log: SourceLog
    /// What is wrong with the last inventory as a whole, or with some of it. It holds until there is another.
    var inventoryError: SourceError?
  }

  private func readOnce(_ state: inout State, into registry: ImageRegistry) {
    let stopwatch = Stopwatch()
    defer { registry.countReading(ofSource: index, took: stopwatch.nanoseconds) }
    do throws(SourceError) {
      // Memory that a large reading leaves in pieces goes back to the system.
      if try update(&state, into: registry) >= Self.manyImages { malloc_trim(0) }
    } catch {
      registry.noteFailure(ofSource: index, reason: error.message)
      state.log.noteFailure(error)
    }
  }

  /// Reads once, and says how many images are not as they were.
  private func update(_ state: inout State, into registry: ImageRegistry) throws(SourceError) -> Int {
    guard let inventory = try read(&state.source) else {
      if let error = state.inventoryError { throw error }
      state.log.noteUnchanged()
      registry.noteUnchanged(source: index)
      return 0
    }
    state.inventoryError = inventory.error ?? inventory.outdated
    if let error = inventory.error { throw error }
    let change = registry.replaceContents(ofSource: index, with: inventory)
    state.log.noteReading(inventory, change)
    return change.added + change.changed + change.removed
  }

  private func read(_ source: inout any ImageSource) throws(SourceError) -> Inventory? {
    defer { show?(nil) }
    return try source.read(reporting: progress)
  }

  /// After so many changed images, returning memory to the system is worth the milliseconds that it takes.
  private static let manyImages = 10_000

  private var progress: ReadingProgress {
    if let show { return ReadingProgress { show($0) } }
    return ReadingProgress(every: Self.logInterval) { [log] in log.noteProgress($0) }
  }
}

extension ImageRegistry {
  /// Replaces the contents of a source by what a reading found.
  package func replaceContents(ofSource source: Int, with inventory: Inventory) -> Change {
    replaceContents(
      ofSource: source, with: inventory.images, leftOut: inventory.leftOut, passedOver: inventory.passedOver,
      absent: inventory.absent, aliases: inventory.aliases, fault: inventory.outdated?.message)
  }
}
