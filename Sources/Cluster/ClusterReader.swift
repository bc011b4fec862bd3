internal import Concurrency
internal import EtcdProtocol
internal import Foundation
internal import ImageAPI
internal import ImageRegistry
internal import ImageSources

/// What was read of a cluster so far, and what a registry is told of it.
final class ClusterReader: Sendable {
  private struct State {
    var inventory = ClusterInventory()
    /// Up to which revision everything is known; nil when all is to be read anew.
    var revision: Int64?
    /// The keys below the prefix that are none of waybill's.
    var strangers: Set<String> = []
    /// What makes no sense, as the registry was told.
    var leftOut: [SkippedImage] = []
    var log: SourceLog
  }

  private let state: Lock<State>
  private let sign = SignOfLife()
  private let keys: ClusterKeys
  private let index: Int
  private let registry: ImageRegistry

  init(_ keys: ClusterKeys, of index: Int, into registry: ImageRegistry, _ log: SourceLog) {
    self.keys = keys
    self.index = index
    self.registry = registry
    state = Lock(State(log: log))
  }

  /// Up to which revision everything is known; where nothing is, `read` finds it out.
  func lastRevision(otherwise read: () async throws -> Int64) async throws -> Int64 {
    if let revision = state.withLock({ $0.revision }) { return revision }
    return try await read()
  }

  /// What a reading of everything has found so far.
  struct Reading {
    fileprivate var images: Set<Digest> = []
    fileprivate var nodes: Set<String> = []
    fileprivate var strangers: Set<String> = []
  }

  /// Takes over some of what there is at a revision. The registry is told when all of it is here.
  func note(_ page: [EtcdKeyValue], in reading: inout Reading) {
    state.withLock { state in
      state.revision = nil
      for pair in page {
        switch keys.place(of: pair.key) {
        case .image(let digest)?:
          reading.images.insert(digest)
          state.inventory.apply(.image(digest), Array(pair.value))
        case .node(let name)?:
          reading.nodes.insert(name)
          state.inventory.apply(.node(name), Array(pair.value))
        case nil: Self.add(pair.key, to: &reading.strangers)
        }
      }
    }
    sign.note()
  }

  /// Everything that there is at a revision has been found.
  func finish(_ reading: Reading, _ revision: Int64) {
    state.withLock { state in
      state.inventory.keep(images: reading.images, nodes: reading.nodes)
      state.strangers = reading.strangers
      state.revision = revision
      state.leftOut = leftOut(of: state)
      let change = registry.updateNodes(ofSource: index, by: state.inventory.takeChanges(), leftOut: state.leftOut)
      state.log.noteReading(ofNodes: state.inventory.nodeCount, leftOut: state.leftOut, change)
    }
    sign.note()
  }

  /// Takes over what happened since, up to a revision.
  ///
  /// - Throws: ``EtcdError`` when the revision is older than what is known: etcd was restored from a backup.
  func apply(_ events: [EtcdEvent], _ revision: Int64) throws {
    try state.withLock { state in
      guard let known = state.revision, revision >= known else {
        throw EtcdError(
          .futureRevision, "etcd is at revision \(revision), and was at \(state.revision ?? 0): all is read again")
      }
      let wasWhole = state.inventory.faults.isEmpty && state.strangers.isEmpty
      for event in events {
        let value = event.type == .put ? Array(event.kv.value) : nil
        if let place = keys.place(of: event.kv.key) {
          state.inventory.apply(place, value)
        } else if value != nil {
          Self.add(event.kv.key, to: &state.strangers)
        } else {
          state.strangers.remove(String(decoding: event.kv.key, as: UTF8.self))
        }
      }
      state.revision = revision
      // Most events are about nothing that makes no sense, before or after.
      let isWhole = state.inventory.faults.isEmpty && state.strangers.isEmpty
      if !events.isEmpty, !wasWhole || !isWhole { noteLeftOut(&state) }
      registry.updateNodes(ofSource: index, by: state.inventory.takeChanges(), leftOut: state.leftOut)
      state.log.noteUnchanged()
    }
    sign.note()
  }

  /// Notes that etcd could not be followed. What passes within the time changes nothing.
  func note(_ error: EtcdError, toleratedFor time: Duration) {
    state.withLock { state in
      if error.code == .compacted || error.code == .futureRevision { state.revision = nil }
      guard !error.mayPass || sign.age >= time || state.revision == nil else { return }
      let failure = SourceError(.unreadable, error.description)
      registry.noteFailure(ofSource: index, reason: failure.message)
      state.log.noteFailure(failure)
    }
  }

  private func noteLeftOut(_ state: inout State) {
    let leftOut = leftOut(of: state)
    guard leftOut != state.leftOut else { return }
    let known = Set(state.leftOut)
    state.log.noteLeftOut(leftOut.filter { !known.contains($0) })
    state.leftOut = leftOut
  }

  private func leftOut(of state: State) -> [SkippedImage] {
    let faults = state.inventory.faults.map { place, fault in
      SkippedImage(image: place.description, path: keys.text(of: place), reason: fault.description)
    }
    let strangers = state.strangers.map { SkippedImage(image: $0, path: $0, reason: "this is no key of waybill's") }
    return (faults + strangers).sorted { $0.path < $1.path }
  }

  /// As many keys that are none of waybill's are told of at most.
  private static let maxStrangers = 1_000

  private static func add(_ key: Data, to strangers: inout Set<String>) {
    if strangers.count < maxStrangers { strangers.insert(String(decoding: key, as: UTF8.self)) }
  }
}
