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
    /// What makes no sense, by the text of its key.
    var faults: [String: String] = [:]
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

  /// Takes over everything that there is at a revision.
  func replace(with pairs: [(key: Data, value: Data)], _ revision: Int64) {
    state.withLock { state in
      var images: Set<Digest> = []
      var nodes: Set<String> = []
      state.faults = [:]
      for (key, value) in pairs {
        switch apply(key, value, &state) {
        case .image(let digest): images.insert(digest)
        case .node(let name): nodes.insert(name)
        case nil: break
        }
      }
      state.inventory.keep(images: images, nodes: nodes)
      state.revision = revision
      publish(&state)
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
      let faults = state.faults
      for event in events { apply(event.kv.key, event.type == .put ? event.kv.value : nil, &state) }
      state.revision = revision
      guard state.faults == faults else { return publish(&state) }
      let changes = state.inventory.takeChanges()
      if !changes.listed.isEmpty || !changes.gone.isEmpty {
        registry.update(source: index, upserting: changes.listed, removing: changes.gone)
      }
      registry.noteUnchanged(source: index)
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

  /// - Returns: What stands at the key; nil for one that is not ours.
  @discardableResult
  private func apply(_ key: Data, _ value: Data?, _ state: inout State) -> ClusterKeys.Place? {
    let name = String(decoding: key, as: UTF8.self)
    let change: ClusterInventory.Change
    let place = keys.place(of: key)
    switch place {
    case .image(let digest): change = .image(digest, value.map(Array.init))
    case .node(let node): change = .node(node, value.map(Array.init))
    case nil:
      state.faults[name] = value == nil ? nil : "this is no key of waybill's"
      return nil
    }
    do throws(ClusterFault) {
      try state.inventory.apply(change)
      state.faults[name] = nil
    } catch {
      state.faults[name] = error.description
    }
    return place
  }

  /// Tells the registry everything.
  private func publish(_ state: inout State) {
    _ = state.inventory.takeChanges()
    let leftOut = state.faults.sorted { $0.key < $1.key }.map {
      SkippedImage(image: $0.key, path: $0.key, reason: $0.value)
    }
    let inventory = Inventory(images: state.inventory.images, leftOut: leftOut)
    let change = registry.replaceContents(ofSource: index, with: inventory)
    state.log.noteReading(inventory, change)
  }
}
