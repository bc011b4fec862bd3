internal import Concurrency
internal import EtcdProtocol
internal import Foundation
package import ImageRegistry
package import ImageSources
internal import ServiceLifecycle

/// Follows the inventories of a cluster's nodes in etcd.
package struct ClusterFeed: ImageFeed {
  private let location: ClusterLocation
  private let access: EtcdAccess
  private let index: Int
  private let log: SourceLog

  /// A feed that is not running yet.
  ///
  /// - Parameters:
  ///   - location: Where the inventories are.
  ///   - access: How to ask etcd.
  ///   - index: The number of the source in the registry.
  ///   - log: Where to say what is wrong.
  package init(_ location: ClusterLocation, as access: EtcdAccess, index: Int, log: SourceLog) {
    self.location = location
    self.access = access
    self.index = index
    self.log = log
  }

  /// Follows until the service group shuts down.
  package func run(into registry: ImageRegistry) async throws {
    await cancelWhenGracefulShutdown { await follow(into: registry) }
  }

  /// Asks one member after the other: each for as long as it answers.
  private func follow(into registry: ImageRegistry) async {
    let reader = ClusterReader(location.keys, of: index, into: registry, log)
    var backoff = Backoff()
    for turn in 0... {
      let endpoint = location.endpoints[turn % location.endpoints.count]
      do {
        try await EtcdClient.withConnection(to: endpoint, as: access) { client in
          let revision = try await reader.lastRevision { try await read(everythingFrom: client, with: reader) }
          backoff = Backoff()
          try await client.watch(below: location.keys.start, from: revision + 1) { events, revision in
            try reader.apply(events, revision)
          }
        }
      } catch {
        guard !Task.isCancelled else { return }
        reader.note(EtcdError(error, at: endpoint), toleratedFor: access.timeout)
      }
      // Every member has its turn before one is asked again.
      guard turn % location.endpoints.count == location.endpoints.count - 1 else { continue }
      do { try await Task.sleep(for: backoff.next()) } catch { return }
    }
  }

  private func read(everythingFrom client: EtcdClient, with reader: ClusterReader) async throws -> Int64 {
    var reading = ClusterReader.Reading()
    let revision = try await client.range(below: location.keys.start) { page in reader.note(page, in: &reading) }
    reader.finish(reading, revision)
    return revision
  }
}
