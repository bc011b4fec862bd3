internal import Concurrency
internal import Diagnostics
internal import EtcdProtocol
internal import Foundation
package import ImageRegistry
package import Logging
internal import ServiceLifecycle

/// Puts what a registry lists into etcd, as the inventory of a node, for as long as it runs.
package struct Publisher: Service {
  /// How long what it puts outlives it, in seconds.
  package struct Lifetimes: Sendable {
    /// Of the node's record.
    package var presence: Int64
    /// Of the images that no other node holds.
    package var retention: Int64
    /// Whether the record is left to expire when the publisher stops.
    package var keepsPresence: Bool

    package init(presence: Int64 = 60, retention: Int64 = 86_400, keepsPresence: Bool = false) {
      self.presence = presence
      self.retention = retention
      self.keepsPresence = keepsPresence
    }
  }

  private let registry: ImageRegistry
  private let members: EtcdMembers
  private let session: PublisherSession
  /// How it fares.
  package let progress = PublicationProgress()
  private let logger: Logger

  /// Changes within this time are put as one.
  private static let interval = Duration.milliseconds(200)

  /// A publisher that is not running yet.
  ///
  /// - Parameters:
  ///   - registry: What the node holds.
  ///   - node: The node's name.
  ///   - location: Where to put it.
  ///   - access: How to ask etcd.
  ///   - lifetimes: How long what is put outlives the publisher.
  ///   - version: The version of waybill.
  ///   - logger: Where to say what is put and what is wrong.
  package init(
    _ registry: ImageRegistry, asNode node: String, to location: ClusterLocation, as access: EtcdAccess,
    lifetimes: Lifetimes = Lifetimes(), version: String, logger: Logger
  ) {
    self.registry = registry
    members = EtcdMembers(location.endpoints, as: access)
    self.logger = logger
    session = PublisherSession(node, location.keys, lifetimes, progress, version: version, logger: logger)
  }

  /// Publishes until the service group shuts down.
  ///
  /// - Throws: ``EtcdError`` with the code `displaced` when another publisher took the node's name.
  package func run() async throws {
    try await cancelWhenGracefulShutdown { try await publish() }
    await leave()
    logger.notice("stopped")
  }

  private func publish() async throws {
    var lastError: EtcdError?
    try await members.keepAsking { client, noteAnswer in
      while !client.isWorn {
        progress.noteUpToDate(isListed: try await session.bringUpToDate(registry, with: client))
        if lastError != nil { logger.notice("publishing again") }
        lastError = nil
        noteAnswer()
        try await Task.sleep(for: Self.interval)
      }
    } noting: { failure in
      guard failure.code != .displaced else { throw failure }
      progress.note(failure)
      logger.log(
        level: failure.code == lastError?.code ? .debug : .error, "cannot publish",
        metadata: [LogKey.error: "\(failure.description.escaped)"])
      lastError = failure
    }
  }

  /// Takes the node out of the list, unless its record is to be left. All members are asked at once, as one may be silent.
  private func leave() async {
    guard await session.mayBeListed else { return }
    let hasLeft: Void? = try? await withTimeout(Self.patience) {
      try await withThrowingTaskGroup(of: Bool.self) { group in
        for endpoint in members.endpoints {
          group.addTask {
            let hasLeft: Void? = try? await EtcdClient.withConnection(to: endpoint, as: members.access) { client in
              try await session.leave(by: client)
            }
            return hasLeft != nil
          }
        }
        for try await hasLeft in group where hasLeft { return group.cancelAll() }
        throw CancellationError()
      }
    }
    if hasLeft == nil { logger.warning("the node stays listed until its time to live is over: etcd cannot be told") }
  }

  /// How long it takes to leave at most.
  private static let patience = Duration.seconds(3)
}
