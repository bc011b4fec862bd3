import ImageRegistry
import ServiceLifecycle

/// A feed that runs as long as the worker does.
struct FeedService: Service {
  let feed: any ImageFeed
  let registry: ImageRegistry

  func run() async throws { try await feed.run(into: registry) }
}
