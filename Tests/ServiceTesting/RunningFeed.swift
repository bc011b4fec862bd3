package import ImageRegistry
internal import ServiceLifecycle

/// A feed as a service, as the command runs it.
package struct RunningFeed: Service {
  private let feed: any ImageFeed
  private let registry: ImageRegistry

  package init(_ feed: any ImageFeed, into registry: ImageRegistry) {
    self.feed = feed
    self.registry = registry
  }

  package func run() async throws { try await feed.run(into: registry) }
}
