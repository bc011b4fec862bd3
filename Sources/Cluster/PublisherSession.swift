internal import Diagnostics
internal import EtcdProtocol
internal import Foundation
internal import ImageAPI
internal import ImageRegistry
internal import Logging

/// What a publisher has put, and what is to be put next. It outlives connections.
actor PublisherSession {
  private struct Lease {
    let id: Int64
    let timeToLive: Int64
    let granted = ContinuousClock.now
    var refreshed = ContinuousClock.now

    /// A third of its time has passed.
    var isDue: Bool { ContinuousClock.now - refreshed >= .milliseconds(timeToLive * 1_000 / 3) }
    /// It has been kept alive for as long as it lasts by itself.
    var isOld: Bool { ContinuousClock.now - granted >= .seconds(timeToLive) }
  }

  private let node: String
  private let keys: ClusterKeys
  private let lifetimes: Publisher.Lifetimes
  private let version: String
  private let progress: PublicationProgress
  private let logger: Logger
  private let started = UInt64(Date().timeIntervalSince1970 * 1e6)

  private var presence: Lease?
  private var retention: Lease?
  /// The images of the node that are known to stay.
  private var secured: Set<Digest> = []
  /// Until when leases, those of others for the most part, have more than half of their time left.
  private var lasting: [Int64: ContinuousClock.Instant] = [:]
  private var lastLook: ContinuousClock.Instant
  /// What was put last, and its revision; nil when it is to be put again.
  private var put: (etag: String, sources: [NodeRecord.Source])?
  /// How often the presence was renewed.
  private var renewals = 0
  /// etcd's term when it was renewed last. A restored backup begins its terms anew.
  private var term: UInt64 = 0
  /// The revision of the record that is ours, or that is there before the first one of ours.
  private var revision: Int64?

  /// How often all images are looked for anew: twelve times while a lease that has half of its time left runs out.
  private var lookInterval: Duration { .milliseconds(lifetimes.retention * 1_000 / 24) }
  /// A restored backup that has come as far as etcd was, and a record that somebody has deleted, are found by looking.
  private static let renewalsBetweenChecks = 10
  /// etcd takes 128 operations in a transaction, unless told otherwise, and 1.5 MiB.
  private static let maxOperations = 100
  private static let maxBytes = 1 << 20

  init(
    _ node: String, _ keys: ClusterKeys, _ lifetimes: Publisher.Lifetimes, _ progress: PublicationProgress,
    version: String, logger: Logger
  ) {
    self.node = node
    self.keys = keys
    self.lifetimes = lifetimes
    self.version = version
    self.progress = progress
    self.logger = logger
    // Publishers that start together do not look together.
    lastLook = .now - .milliseconds(Int64.random(in: 0...lifetimes.retention * 1_000 / 24))
  }

  /// Whether etcd may have a record of this session's.
  var mayBeListed: Bool { presence != nil }

  /// Puts what has changed, and keeps alive what was put.
  ///
  /// - Returns: Whether the node's record is there.
  func bringUpToDate(_ registry: ImageRegistry, with client: EtcdClient) async throws -> Bool {
    do {
      try await bringAllUpToDate(registry, with: client)
      return put != nil
    } catch let error as EtcdError where error.code == .leaseNotFound {
      (presence, retention, put, secured) = (nil, nil, nil, [])
      throw error
    }
  }

  private func bringAllUpToDate(_ registry: ImageRegistry, with client: EtcdClient) async throws {
    try await keepAlive(client)
    let (snapshot, sources) = (registry.snapshot, registry.sources)
    guard snapshot.pendingSources.isEmpty else { return }
    let isLookDue = ContinuousClock.now - lastLook >= lookInterval
    let states = sources.map(NodeRecord.Source.init)
    let hasChanged = put.map { $0.etag != snapshot.etag || $0.sources != states } ?? true
    guard isLookDue || hasChanged || secured.count < snapshot.count else { return }
    let inventory = try NodeInventory(of: snapshot, sources, started: started, version: version)
    guard inventory.record.images.count <= NodeRecord.maxImages else {
      throw EtcdError(
        .tooLarge, "\(inventory.record.images.count) images are more than the \(NodeRecord.maxImages) of one node")
    }
    if isLookDue {
      secured = []
      lastLook = .now
    } else if revision == nil, secured.isEmpty {
      secured = try await imagesOfPredecessor(by: client)
    }
    try await secure(inventory.images, with: client)
    // What is left is for the next connection.
    guard hasChanged, secured.count == inventory.images.count else { return }
    try await put(inventory.record, with: client)
    put = (snapshot.etag, states)
    progress.noteRecord()
    logger.notice("published", metadata: [LogKey.images: "\(inventory.record.images.count)"])
  }

  /// Takes the record away.
  func leave(by client: EtcdClient) async throws {
    guard let presence, !lifetimes.keepsPresence else { return }
    try await client.revoke(presence.id)
    self.presence = nil
  }
}

extension PublisherSession {
  private func keepAlive(_ client: EtcdClient) async throws {
    if let (lease, header) = try await renewal(of: presence, lifetimes.presence, client) {
      if lease.id != presence?.id { put = nil }
      presence = lease
      renewals += 1
      let hasGoneBack = header.map { $0.revision < revision ?? 0 || $0.raftTerm < term } ?? false
      term = header?.raftTerm ?? term
      if hasGoneBack || renewals % Self.renewalsBetweenChecks == 0 { try await checkRecord(with: client) }
    }
    // An old lease is left to expire, and with it the images that were put under it and that nobody holds any more. Those
    // that somebody holds are put under another in time.
    if let old = retention, old.isOld { retention = nil }
    let isFirst = retention == nil
    if let (lease, _) = try await renewal(of: retention, lifetimes.retention, client) {
      if !isFirst, lease.id != retention?.id { (put, secured) = (nil, []) }
      retention = lease
    }
  }

  /// Looks whether the record that was put is still there, and puts all anew where it is not: etcd may be a restored backup
  /// at any time, as a connection is made again without a word.
  private func checkRecord(with client: EtcdClient) async throws {
    guard let revision else { return }
    let found = try await record(by: client, keysOnly: true)
    if found?.modRevision != revision { (retention, put, secured) = (nil, nil, []) }
  }

  /// The lease that was kept alive, or a new one for none and for one that has expired; nil where it is not time yet.
  private func renewal(
    of lease: Lease?, _ timeToLive: Int64, _ client: EtcdClient
  ) async throws -> (Lease, EtcdResponseHeader?)? {
    if var lease {
      guard lease.isDue else { return nil }
      do {
        let start = ContinuousClock.now
        let header = try await client.keepAlive(lease.id)
        lease.refreshed = start
        return (lease, header)
      } catch let error as EtcdError where error.code == .leaseNotFound {}
    }
    return (Lease(id: try await client.grantLease(timeToLive: timeToLive), timeToLive: timeToLive), nil)
  }

  /// What the record that is there names: whoever put it a moment ago has seen to it that these images stay.
  private func imagesOfPredecessor(by client: EtcdClient) async throws -> Set<Digest> {
    guard let found = try await record(by: client, keysOnly: false) else { return [] }
    return Set((try? NodeRecord(decoding: Array(found.value)))?.images ?? [])
  }

  /// What is there at the key of this node's record.
  private func record(by client: EtcdClient, keysOnly: Bool) async throws -> EtcdKeyValue? {
    var look = EtcdTxnRequest()
    look.success = [Self.look(at: keys.key(of: .node(node)))]
    look.success[0].requestRange.keysOnly = keysOnly
    return try await client.commit(look).responses.first?.responseRange.kvs.first
  }

  /// Whether a lease has more than half of its time left, and will have at the next look.
  private func isLasting(_ lease: Int64, _ client: EtcdClient) async throws -> Bool {
    let soon = ContinuousClock.now + lookInterval
    if let end = lasting[lease], end > soon { return true }
    lasting[lease] = nil
    guard let left = try await client.timeToLive(of: lease), 2 * left >= lifetimes.retention else { return false }
    lasting[lease] = .now + .milliseconds(left * 1_000 - lifetimes.retention * 500)
    return true
  }

  /// Sees to it that every image is there, and stays as long as this node holds it.
  private func secure(_ images: [Digest: [UInt8]], with client: EtcdClient) async throws {
    secured.formIntersection(images.keys)
    let now = ContinuousClock.now
    lasting = lasting.filter { $0.value > now }
    let open = images.keys.filter { !secured.contains($0) }.sorted()
    for batch in stride(from: 0, to: open.count, by: Self.maxOperations).map({
      open[$0..<min($0 + Self.maxOperations, open.count)]
    }) where !client.isWorn {
      var look = EtcdTxnRequest()
      look.success = batch.map { digest in
        var operation = Self.look(at: keys.key(of: .image(digest)))
        operation.requestRange.keysOnly = true
        return operation
      }
      let found = try await client.commit(look).responses.map(\.responseRange.kvs.first)
      var missing: [Digest] = []
      for (digest, pair) in zip(batch, found) {
        guard let lease = pair?.lease, lease != retention?.id else {
          if pair == nil { missing.append(digest) }
          continue
        }
        if try await !isLasting(lease, client) { missing.append(digest) }
      }
      try await put(missing.map { ($0, images[$0] ?? []) }, with: client)
      secured.formUnion(batch)
    }
  }

  private func put(_ images: [(digest: Digest, bytes: [UInt8])], with client: EtcdClient) async throws {
    guard let retention else { return }
    var transaction = EtcdTxnRequest()
    var byteCount = 0
    for (digest, bytes) in images {
      if byteCount + bytes.count > Self.maxBytes, !transaction.success.isEmpty {
        _ = try await client.commit(transaction)
        (transaction.success, byteCount) = ([], 0)
      }
      transaction.success.append(operation(keys.key(of: .image(digest)), bytes, retention))
      byteCount += bytes.count
    }
    if !transaction.success.isEmpty { _ = try await client.commit(transaction) }
  }

  private static func look(at key: [UInt8]) -> EtcdRequestOp {
    var operation = EtcdRequestOp()
    operation.requestRange.key = Data(key)
    return operation
  }

  private func operation(_ key: [UInt8], _ value: [UInt8], _ lease: Lease) -> EtcdRequestOp {
    var operation = EtcdRequestOp()
    operation.requestPut.key = Data(key)
    operation.requestPut.value = Data(value)
    operation.requestPut.lease = lease.id
    return operation
  }

  /// Puts the record over the one that was there, unless another publisher of this node's name has put one since.
  private func put(_ record: NodeRecord, with client: EtcdClient) async throws {
    guard let presence else { return }
    let key = keys.key(of: .node(node))
    while true {
      var transaction = EtcdTxnRequest()
      var compare = EtcdCompare()
      compare.key = Data(key)
      compare.target = .mod
      // A revision that no key has: the first time what is there is only read.
      compare.modRevision = revision ?? -1
      transaction.compare = [compare]
      transaction.success = [operation(key, record.encoded, presence)]
      transaction.failure = [Self.look(at: key)]
      let reply = try await client.commit(transaction)
      if reply.succeeded {
        revision = reply.header.revision
        return
      }
      let other = reply.responses.first?.responseRange.kvs.first
      if revision != nil, let other, let found = try? NodeRecord(decoding: Array(other.value)), found.started > started
      {
        throw EtcdError(.displaced, "another publisher of the node \(node) has started since: this one stops")
      }
      revision = other?.modRevision ?? 0
    }
  }
}
