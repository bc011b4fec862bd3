internal import Diagnostics
internal import EtcdProtocol
internal import Foundation
package import ImageRegistry
package import ImageSources
internal import ServiceLifecycle

/// Follows the inventories of a cluster's nodes in etcd.
package struct ClusterFeed: ImageFeed {
  private let members: EtcdMembers
  private let keys: ClusterKeys
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
    members = EtcdMembers(location.endpoints, as: access)
    keys = location.keys
    self.index = index
    self.log = log
  }

  /// Follows until the service group shuts down.
  package func run(into registry: ImageRegistry) async throws {
    try await cancelWhenGracefulShutdown { try await follow(into: registry) }
  }

  private func follow(into registry: ImageRegistry) async throws {
    let reader = ClusterReader(keys, of: index, into: registry, log)
    try await members.keepAsking { client, noteAnswer in
      let revision: Int64
      if let position = reader.position, try await client.hasSeen(position.last) {
        revision = position.revision
      } else {
        let stopwatch = Stopwatch()
        defer { registry.countReading(ofSource: index, took: stopwatch.nanoseconds) }
        revision = try await read(everythingFrom: client, with: reader)
      }
      noteAnswer()
      try await client.watch(below: keys.start, from: revision + 1) { events, header in
        try reader.apply(events, header)
      }
    } noting: { error in
      reader.note(error, toleratedFor: members.access.timeout)
    }
  }

  private func read(everythingFrom client: EtcdClient, with reader: ClusterReader) async throws -> Int64 {
    var reading = ClusterReader.Reading()
    let header = try await client.range(below: keys.start) { page in reader.note(page, in: &reading) }
    reader.finish(reading, header)
    return header.revision
  }
}

extension EtcdClient {
  /// Whether a pair was put in this member's history as it was read; not known, and so false, once that is compacted.
  fileprivate func hasSeen(_ pair: EtcdKeyValue?) async throws -> Bool {
    guard let pair else { return false }
    var request = EtcdRangeRequest()
    request.key = pair.key
    request.revision = pair.modRevision
    do {
      return try await range(request).kvs == [pair]
    } catch let error as EtcdError where error.code == .compacted || error.code == .futureRevision {
      return false
    }
  }
}
