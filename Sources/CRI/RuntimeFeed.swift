internal import CRIProtocol
internal import Concurrency
internal import Connections
internal import Diagnostics
internal import GRPCCore
package import ImageRegistry
package import ImageSources
package import Logging
internal import ServiceLifecycle

/// Asks a runtime for its images again and again, as Kubernetes' Container Runtime Interface has no events of images.
package struct RuntimeFeed: ImageFeed {
  private let socket: String
  private let index: Int
  private let limits: RuntimeLimits
  private let log: SourceLog

  /// A feed that is not running yet.
  ///
  /// - Parameters:
  ///   - location: Where the runtime's socket is.
  ///   - index: The number of the source in the registry.
  ///   - limits: How to ask.
  ///   - logger: Where to say what changed and what is wrong.
  package init(
    _ location: ImageSourceLocation, index: Int, limits: RuntimeLimits = RuntimeLimits(), logger: Logger
  ) {
    socket = location.path
    self.index = index
    self.limits = limits
    log = SourceLog(of: location.description, in: logger)
  }

  /// Checks that somebody listens at the socket now.
  ///
  /// - Throws: ``SourceError``.
  package func check() throws(SourceError) {
    let code = UnixSocket.connectError(at: socket)
    guard code != 0 else { return }
    throw SourceError(connectError: code, at: socket)
  }

  /// Asks until the service group shuts down.
  package func run(into registry: ImageRegistry) async throws {
    await cancelWhenGracefulShutdown { await poll(into: registry) }
  }

  private struct State {
    var log: SourceLog
    var backoff = Backoff()
    var runtime = ""
    /// Whether nothing has failed since the last answer. What fails first may be a connection that ended: the next try tells.
    var wasAnswered = false
    /// What was left out of the last inventory.
    var leftOut: Inventory?
  }

  /// As many questions as are asked over one connection.
  ///
  /// A server in Go resets each stream after its trailers, and swift-nio-http2 ends a connection after 200 resets within half
  /// a minute. A new connection also finds out what a runtime has become that was started anew.
  private static let questionsPerConnection = 100

  /// Makes one connection after the other: each lasts until something is wrong with it, or with an answer.
  private func poll(into registry: ImageRegistry) async {
    var state = State(log: log)
    while true {
      do {
        try check()
        try await RuntimeClient.withConnection(to: socket, within: limits) { client in
          try await follow(&client, into: registry, &state)
        }
        continue
      } catch {
        guard !Task.isCancelled else { return }
        let failure = error as? SourceError ?? SourceError(ofCall: error, at: socket)
        registry.noteFailure(ofSource: index, reason: failure.message)
        state.log.noteFailure(failure, mayPass: state.wasAnswered)
        state.wasAnswered = false
      }
      do { try await Task.sleep(for: state.backoff.next()) } catch { return }
    }
  }

  /// Asks over one connection.
  private func follow(
    _ client: inout RuntimeClient, into registry: ImageRegistry, _ state: inout State
  ) async throws {
    let runtime = try await client.version()
    if runtime != state.runtime {
      registry.note(runtime: runtime, ofSource: index)
      state.log.noteRuntime(runtime)
      state.runtime = runtime
    }
    for _ in 0..<Self.questionsPerConnection {
      let (images, duration) = try await ask(&client, countingIn: registry)
      update(registry, with: Inventory(images, at: socket), &state)
      state.backoff = Backoff()
      state.wasAnswered = true
      try await Task.sleep(for: max(limits.pause, duration * limits.restFactor))
    }
  }

  private func ask(
    _ client: inout RuntimeClient, countingIn registry: ImageRegistry
  ) async throws -> (images: [CRIImage], duration: Duration) {
    let stopwatch = Stopwatch()
    defer { registry.countReading(ofSource: index, took: stopwatch.nanoseconds) }
    return (try await client.images(), .nanoseconds(stopwatch.nanoseconds))
  }

  private func update(_ registry: ImageRegistry, with inventory: Inventory, _ state: inout State) {
    let change = registry.replaceContents(ofSource: index, with: inventory)
    if change.isEmpty, inventory.withoutImages == state.leftOut {
      state.log.noteUnchanged()
    } else {
      state.log.noteReading(inventory, change)
    }
    state.leftOut = inventory.withoutImages
  }
}
