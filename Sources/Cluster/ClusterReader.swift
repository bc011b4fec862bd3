internal import CGlibc
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
    /// Up to which revision of which history everything is known; nil when all is to be read anew.
    var position: Position?
    /// The keys below the prefix that are none of waybill's.
    var strangers: Set<String> = []
    /// What makes no sense, as the registry was told.
    var leftOut: [SkippedImage] = []
    /// Why the source is stale or was never read.
    var failure: EtcdError.Code?
    var log: SourceLog
  }

  /// Where in etcd's history one is.
  struct Position {
    fileprivate var term: UInt64
    fileprivate(set) var revision: Int64
    /// What was put last: a restored backup, whose history is another one, may have come as far, but does not have this.
    fileprivate(set) var last: EtcdKeyValue?

    /// Whether a member that says this may have gone on from here.
    fileprivate func isBefore(_ header: EtcdResponseHeader) -> Bool {
      header.raftTerm >= term && header.revision >= revision
    }
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

  /// Up to where everything is known; nil where all is to be read anew.
  var position: Position? { state.withLock { $0.position } }

  /// What a reading of everything has found so far.
  struct Reading {
    fileprivate var images: Set<Digest> = []
    fileprivate var nodes: Set<String> = []
    fileprivate var strangers: Set<String> = []
    fileprivate var last: EtcdKeyValue?
  }

  /// Takes over some of what there is at a revision. The registry is told when all of it is here.
  func note(_ page: [EtcdKeyValue], in reading: inout Reading) {
    state.withLock { state in
      state.position = nil
      for pair in page {
        if pair.modRevision > reading.last?.modRevision ?? 0 { reading.last = pair }
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
  func finish(_ reading: Reading, _ header: EtcdResponseHeader) {
    state.withLock { state in
      state.inventory.keep(images: reading.images, nodes: reading.nodes)
      state.strangers = reading.strangers
      state.position = Position(term: header.raftTerm, revision: header.revision, last: reading.last)
      state.leftOut = leftOut(of: state)
      let change = tellRegistry(of: &state)
      state.log.noteReading(
        ofNodes: state.inventory.nodeCount, leftOut: state.leftOut, strangers: state.strangers.sorted(), change)
    }
    // Memory that a reading leaves in pieces goes back to the system.
    malloc_trim(0)
    sign.note()
  }

  /// Takes over what happened since.
  ///
  /// - Throws: ``EtcdError`` when the member is not where this went on from: etcd was restored from a backup, or the
  ///   member is behind.
  func apply(_ events: [EtcdEvent], _ header: EtcdResponseHeader) throws {
    try state.withLock { state in
      guard let position = state.position, position.isBefore(header),
        events.allSatisfy({ $0.kv.modRevision > position.revision })
      else {
        throw EtcdError(
          .futureRevision,
          "etcd is at revision \(header.revision), and was at \(state.position?.revision ?? 0): all is read again")
      }
      let wasWhole = state.inventory.faults.isEmpty
      for event in events {
        let value = event.type == .put ? Array(event.kv.value) : nil
        if let place = keys.place(of: event.kv.key) {
          state.inventory.apply(place, value)
        } else if value != nil {
          if let stranger = Self.add(event.kv.key, to: &state.strangers) { state.log.noteStrangers([stranger]) }
        } else {
          state.strangers.remove(String(decoding: event.kv.key, as: UTF8.self))
        }
      }
      state.position?.term = header.raftTerm
      if let last = events.last { state.position?.revision = last.kv.modRevision }
      if let last = events.last(where: { $0.type == .put }) { state.position?.last = last.kv }
      // Most events are about nothing that makes no sense, before or after.
      let isWhole = state.inventory.faults.isEmpty
      if !events.isEmpty, !wasWhole || !isWhole { noteLeftOut(&state) }
      tellRegistry(of: &state)
      state.log.noteUnchanged()
    }
    sign.note()
  }

  /// Notes that etcd could not be followed. What passes within the time changes nothing.
  func note(_ error: EtcdError, toleratedFor time: Duration) {
    state.withLock { state in
      guard error.code != .compacted, error.code != .futureRevision else {
        state.position = nil
        return state.log.noteNewBeginning(error.description)
      }
      guard !error.mayPass || sign.age >= time || state.position == nil else { return }
      let failure = SourceError(.unreadable, error.description)
      registry.noteFailure(ofSource: index, reason: failure.message)
      // One member says in other words what another has said.
      if state.failure != error.code { state.log.noteFailure(failure) }
      state.failure = error.code
    }
  }

  @discardableResult
  private func tellRegistry(of state: inout State) -> ImageRegistry.Change {
    state.failure = nil
    return registry.updateNodes(
      ofSource: index, by: state.inventory.takeChanges(), leftOut: state.leftOut, passedOver: state.strangers.count)
  }

  private func noteLeftOut(_ state: inout State) {
    let leftOut = leftOut(of: state)
    guard leftOut != state.leftOut else { return }
    let known = Set(state.leftOut)
    state.log.noteLeftOut(leftOut.filter { !known.contains($0) })
    state.leftOut = leftOut
  }

  private func leftOut(of state: State) -> [SkippedImage] {
    state.inventory.faults.map { place, fault in
      SkippedImage(image: place.description, path: keys.text(of: place), reason: fault.description)
    }.sorted { $0.path < $1.path }
  }

  /// As many keys that are none of waybill's are told of at most.
  private static let maxStrangers = 1_000

  /// - Returns: The key, where it is new.
  @discardableResult
  private static func add(_ key: Data, to strangers: inout Set<String>) -> String? {
    guard strangers.count < maxStrangers else { return nil }
    let (isNew, stranger) = strangers.insert(String(decoding: key, as: UTF8.self))
    return isNew ? stranger : nil
  }
}
