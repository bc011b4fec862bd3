import Cluster
import Concurrency
import EtcdProtocol
import Foundation
import Testing

/// The client of etcd beside Debian's etcd.
@Suite(.fewAtOnce) struct EtcdClientTests {
  /// What a watch said, from whatever thread.
  private final class Record: Sendable {
    let events = Lock<[String]>([])
    let revisions = Lock<[Int64]>([])
    let end = Lock<EtcdError?>(nil)
  }

  private func unnamed(within timeout: Duration = .seconds(5)) -> EtcdAccess {
    var access = EtcdAccess()
    access.timeout = timeout
    return access
  }

  private func put(_ keys: [String: String], lease: Int64 = 0) -> EtcdTxnRequest {
    var transaction = EtcdTxnRequest()
    transaction.success = keys.sorted { $0.key < $1.key }.map { key, value in
      var operation = EtcdRequestOp()
      operation.requestPut.key = Data(key.utf8)
      operation.requestPut.value = Data(value.utf8)
      operation.requestPut.lease = lease
      return operation
    }
    return transaction
  }

  /// Watches until the watch ends, and keeps why.
  private func watch(with client: EtcdClient, _ record: Record) -> Task<Void, Never> {
    Task {
      let failure = await error { try await client.watch(below: [1], from: 1) { _, _ in } }
      record.end.withLock { $0 = failure }
    }
  }

  private func error(of call: () async throws -> Void) async -> EtcdError? {
    do {
      try await call()
      return nil
    } catch {
      return error as? EtcdError
    }
  }

  @Test func keysArePagesOfOneRevision() async throws {
    let etcd = try await Etcd()
    try await EtcdClient.withConnection(to: etcd.endpoint, as: unnamed()) { client in
      for hundred in 0..<3 {
        let keys = (0..<100).map { ("/waybill/\(hundred)/\($0)", "value \($0)") }
        #expect(try await client.commit(put(Dictionary(uniqueKeysWithValues: keys))).succeeded)
      }
      _ = try await client.commit(put(["/waybilm": "behind", "/waybil": "before"]))
      var found: [String: String] = [:]
      var pages = 0
      let header = try await client.range(below: Array("/waybill/".utf8), pageSize: 70) { page in
        pages += 1
        for pair in page {
          let (key, value) = (String(decoding: pair.key, as: UTF8.self), String(decoding: pair.value, as: UTF8.self))
          #expect(found.updateValue(value, forKey: key) == nil)
        }
        // What comes after the first page is not of its revision.
        _ = try await client.commit(put(["/waybill/9/\(pages)": "late"]))
      }
      #expect(found.count == 300 && pages == 5 && header.revision == 5)
    }
  }

  @Test func aWatchTellsWhatHappensAndThatNothingDoes() async throws {
    let etcd = try await Etcd()
    let record = Record()
    try await EtcdClient.withConnection(to: etcd.endpoint, as: unnamed()) { client in
      let watch = Task {
        try await client.watch(below: Array("/waybill/".utf8), from: 2) { events, header in
          record.events.withLock { seen in
            seen += events.map { "\($0.type) \(String(decoding: $0.kv.key, as: UTF8.self))" }
          }
          record.revisions.withLock { $0.append(header.revision) }
        }
      }
      _ = try await client.commit(put(["/waybill/a": "1", "/waybill/b": "1"]))
      let lease = try await client.grantLease(timeToLive: 1)
      _ = try await client.commit(put(["/waybill/c": "1"], lease: lease))
      #expect(try await client.timeToLive(of: lease) != nil)
      try await client.keepAlive(lease)
      let isTold = try await eventually(within: .seconds(20)) { record.events.withLock { $0.count == 4 } }
      #expect(isTold)
      #expect(
        record.events.withLock { $0 } == ["put /waybill/a", "put /waybill/b", "put /waybill/c", "delete /waybill/c"])
      #expect(try await client.timeToLive(of: lease) == nil)
      let expired = await error { try await client.keepAlive(lease) }
      #expect(expired?.code == .leaseNotFound, "\(expired as Any)")
      // Progress without events.
      let count = record.revisions.withLock { $0.count }
      #expect(try await eventually(within: .seconds(10)) { record.revisions.withLock { $0.count >= count + 2 } })
      watch.cancel()
      _ = await watch.result
    }
  }

  @Test func whatIsCompactedOrYetToComeIsSaid() async throws {
    let etcd = try await Etcd()
    try await EtcdClient.withConnection(to: etcd.endpoint, as: unnamed()) { client in
      for number in 0..<10 { _ = try await client.commit(put(["/waybill/a": "\(number)"])) }
      try await etcd.control("compact", "8")
      let compacted = await error { try await client.watch(below: Array("/waybill/".utf8), from: 3) { _, _ in } }
      #expect(compacted?.code == .compacted, "\(compacted as Any)")
    }
  }

  @Test func whoMayNotIsToldSo() async throws {
    let etcd = try await Etcd()
    try await etcd.enableUsers("reader", "secret", below: "/waybill/")
    let prefix = Array("/waybill/".utf8)
    func range(_ user: String?, _ password: String, _ prefix: [UInt8]) async -> EtcdError? {
      var access = unnamed()
      access.credentials = user.map { EtcdAccess.Credentials(user: $0, password: password) }
      return await error { [access] in
        try await EtcdClient.withConnection(to: etcd.endpoint, as: access) { client in
          _ = try await client.range(below: prefix) { _ in }
        }
      }
    }
    #expect(await range("reader", "secret", prefix) == nil)
    #expect(await range("reader", "wrong", prefix)?.code == .unauthenticated)
    #expect(await range("reader", "secret", Array("/other/".utf8))?.code == .permissionDenied)
    #expect(await range(nil, "", prefix)?.code == .permissionDenied)
  }

  @Test func aTokenThatHasExpiredIsSaid() async throws {
    let folder = try TemporaryFolder()
    let (key, publicKey) = ("\(folder.path)/key.pem", "\(folder.path)/public.pem")
    try await Tool.run("openssl", "genrsa", "-out", key, "2048")
    try await Tool.run("openssl", "rsa", "-in", key, "-pubout", "-out", publicKey)
    let tokens = "jwt,pub-key=\(publicKey),priv-key=\(key),sign-method=RS256,ttl=2s"
    let etcd = try await Etcd(options: ["--auth-token", tokens])
    try await etcd.enableUsers("reader", "secret", below: "/waybill/")
    var access = unnamed()
    access.credentials = EtcdAccess.Credentials(user: "reader", password: "secret")
    try await EtcdClient.withConnection(to: etcd.endpoint, as: access) { client in
      _ = try await client.range(below: Array("/waybill/".utf8)) { _ in }
      try await Task.sleep(for: .seconds(3))
      let failure = await error { _ = try await client.range(below: Array("/waybill/".utf8)) { _ in } }
      #expect(failure?.code == .invalidToken, "\(failure as Any)")
    }
  }

  @Test func overTLSBothKnowEachOther() async throws {
    let folder = try TemporaryFolder()
    let certificates = try await Certificates(in: "\(folder.path)/ours")
    let others = try await Certificates(in: "\(folder.path)/theirs")
    let etcd = try await Etcd(certificates: certificates)
    func failure(_ tls: EtcdAccess.TLS?) async -> EtcdError? {
      await error {
        var access = unnamed(within: .seconds(2))
        access.tls = tls
        try await EtcdClient.withConnection(to: etcd.endpoint, as: access) { client in
          _ = try await client.range(below: Array("/waybill/".utf8)) { _ in }
        }
      }
    }
    let ours = EtcdAccess.TLS(
      authorities: certificates.authority, certificate: certificates.client, key: certificates.clientKey)
    let failureOfOurs = await failure(ours)
    #expect(failureOfOurs == nil, "\(failureOfOurs as Any)")
    for tls in [
      EtcdAccess.TLS(authorities: others.authority, certificate: certificates.client, key: certificates.clientKey),
      EtcdAccess.TLS(authorities: certificates.authority), nil,
    ] {
      let failure = await failure(tls)
      #expect(failure?.code == .unavailable, "\(failure as Any)")
    }
  }

  @Test func whoIsNotThereOrSilentIsUnavailable() async throws {
    let port = try await Python.freePorts(1)[0]
    let nobody = await error {
      try await EtcdClient.withConnection(
        to: EtcdEndpoint(host: "127.0.0.1", port: port), as: unnamed(within: .seconds(2))
      ) { client in _ = try await client.range(below: [1]) { _ in } }
    }
    #expect(nobody?.code == .unavailable, "\(nobody as Any)")
    let etcd = try await Etcd()
    try await EtcdClient.withConnection(to: etcd.endpoint, as: unnamed(within: .seconds(2))) { client in
      let record = Record()
      let watch = watch(with: client, record)
      try await Task.sleep(for: .seconds(3))
      #expect(record.end.withLock { $0 } == nil)
      etcd.members[0].process.send(SIGSTOP)
      let silent = await error { _ = try await client.range(below: [1]) { _ in } }
      #expect(silent?.code == .unavailable, "\(silent as Any)")
      await watch.value
      #expect(record.end.withLock { $0?.code } == .unavailable)
    }
  }

  @Test func aFullDatabaseIsSaid() async throws {
    let etcd = try await Etcd(options: ["--quota-backend-bytes", "100000"])
    try await EtcdClient.withConnection(to: etcd.endpoint, as: unnamed()) { client in
      let value = String(repeating: "x", count: 10_000)
      var last: EtcdError?
      for number in 0..<30 where last == nil {
        last = await error { _ = try await client.commit(put(["/waybill/\(number)": value])) }
      }
      #expect(last?.code == .noSpace, "\(last as Any)")
      let large = await error {
        _ = try await client.commit(put(["/waybill/large": String(repeating: "x", count: 2 << 20)]))
      }
      #expect(large?.code == .tooLarge, "\(large as Any)")
    }
  }

  @Test func aMemberWithoutALeaderSaysSo() async throws {
    let etcd = try await Etcd(members: 3)
    try await EtcdClient.withConnection(to: etcd.endpoint, as: unnamed(within: .seconds(10))) { client in
      let record = Record()
      let watch = watch(with: client, record)
      try await Task.sleep(for: .seconds(1))
      for member in etcd.members.dropFirst() { member.process.send(SIGKILL) }
      await watch.value
      #expect(record.end.withLock { $0?.code } == .unavailable, "\(record.end.withLock { $0 } as Any)")
    }
  }
}
