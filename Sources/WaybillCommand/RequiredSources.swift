import ImageAPI
import ImageRegistry
import ServiceLifecycle

/// Ends a worker of which a source cannot be read the first time.
struct RequiredSources: Service {
  let registry: ImageRegistry

  private static let glance = Duration.milliseconds(20)

  func run() async throws {
    try await cancelWhenGracefulShutdown {
      while case let pending = registry.sources.filter({ $0.state == .pending }), !pending.isEmpty {
        if let failed = pending.first(where: { !$0.lastError.isEmpty }) {
          throw CommandError(message: "\(failed.name): \(failed.lastError)", code: .badData)
        }
        try await Task.sleep(for: Self.glance)
      }
      try await gracefulShutdown()
    }
  }
}
