/// Tells a registry what one of its sources holds, for as long as it runs.
///
/// A feed pushes: it replaces the source's contents as a whole or changes some images, and says when a reading failed.
/// What blocks in it runs on threads of its own, never on the cooperative pool.
package protocol ImageFeed: Sendable {
  /// Runs until the service group shuts down or the task is cancelled.
  ///
  /// - Parameter registry: The registry that lists the source.
  /// - Throws: An error that no other try can cure.
  func run(into registry: ImageRegistry) async throws
}
