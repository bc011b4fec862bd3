import Foundation
import Testing

/// A connection that a worker makes is made again whatever ended it: said once when it begins and once when it is over.
@Suite(.fewAtOnce) struct ReconnectionTests {
  private let sample = "oci:\(Repository.sampleLayout)"

  /// Who holds the port before the broker or the proxy is there.
  static let strangers = [
    "nobody", "SSH", "garbage", "silence", "ZMTP of another kind", "another mechanism", "large frames", "no reading",
  ]

  private func count(_ event: String, of process: ChildProcess) -> Int {
    process.errors.lines.count { $0.hasSuffix(" \(event)") }
  }

  @Test(arguments: strangers) func toABroker(after stranger: String) async throws {
    let port = try await Python.freePorts(1)[0]
    let endpoint = "tcp://127.0.0.1:\(port)"
    let holder = try await hold(port, by: stranger)
    let worker = try ChildProcess([Waybill.path(), "worker", sample, "--broker", endpoint])
    defer { worker.send(SIGKILL) }
    #expect(try await eventually { count("joining again", of: worker) > 0 }, "\(worker.errors.text)")
    try await end(holder)
    let broker = try await eventuallyBroker(at: endpoint)
    try await isServed(at: broker.frontend)
    let reasons = worker.errors.lines.filter { $0.hasSuffix(" joining again") }
    #expect(Set(reasons.map { $0.dropFirst(25) }).count == reasons.count, "\(worker.errors.text)")
    // Who speaks the protocol, though he reads nothing, is a broker for a while.
    let brokers = stranger == "no reading" ? 2 : 1
    #expect(count("joining", of: worker) == 1 && count("joined", of: worker) == brokers, "\(worker.errors.text)")
    worker.send(SIGTERM)
    #expect(try await worker.exitCode(within: .seconds(5)) == 0)
  }

  @Test(arguments: strangers.filter { !["large frames", "no reading"].contains($0) })
  func toAProxy(after stranger: String) async throws {
    let ports = try await Python.freePorts(2)
    let holder = try await hold(ports[1], by: stranger)
    let worker = try ChildProcess([
      Waybill.path(), "worker", sample, "--connect", "tcp://127.0.0.1:\(ports[1])",
    ])
    defer { worker.send(SIGKILL) }
    #expect(try await eventually { count("read", of: worker) == 1 }, "\(worker.errors.text)")
    try await Task.sleep(for: .seconds(1))
    try await end(holder)
    let proxy = try Python.start("proxy.py", ports.map { "tcp://127.0.0.1:\($0)" })
    defer { proxy.send(SIGKILL) }
    try await isServed(at: "tcp://127.0.0.1:\(ports[0])")
    #expect(count("connecting", of: worker) == 1 && count("connected", of: worker) == 1, "\(worker.errors.text)")
    worker.send(SIGTERM)
    #expect(try await worker.exitCode(within: .seconds(5)) == 0)
  }

  enum Mismatch: CaseIterable {
    case brokerHasKeys, workerHasKeys
  }

  @Test(arguments: Mismatch.allCases) func keysOnOneEndAlone(_ mismatch: Mismatch) async throws {
    let keys = try await Keys()
    try await keys.make("worker")
    let secure = [
      "--curve-key", keys.secret("server"), "--authorized-keys", "any", "--authorized-workers", keys.authorized,
    ]
    let broker = try await RunningBroker.start(mismatch == .brokerHasKeys ? secure : [])
    let worker = try ChildProcess(
      [Waybill.path(), "worker", sample, "--broker", broker.backend]
        + (mismatch == .workerHasKeys ? keys.client("worker") : []))
    defer { worker.send(SIGKILL) }
    #expect(try await eventually { count("joining again", of: worker) > 0 }, "\(worker.errors.text)")
    try await Task.sleep(for: .seconds(2))
    #expect(broker.joined == 0 && count("joining again", of: worker) <= 2, "\(worker.errors.text)")
    worker.send(SIGTERM)
    #expect(try await worker.exitCode(within: .seconds(5)) == 0)
  }

  @Test func aKeyThatIsTakenAwayForAWhile() async throws {
    let keys = try await Keys()
    try await keys.make("worker")
    try keys.authorize("worker")
    let broker = try await RunningBroker.start([
      "--curve-key", keys.secret("server"), "--authorized-keys", "any", "--authorized-workers", keys.authorized,
    ])
    // The other broker refuses it all the time.
    let other = try await RunningBroker.start([
      "--curve-key", keys.secret("server"), "--authorized-keys", "any", "--authorized-workers", Repository.root,
    ])
    let worker = try ChildProcess(
      [Waybill.path(), "worker", sample, "--broker", broker.backend, "--broker", other.backend]
        + keys.client("worker"))
    defer { worker.send(SIGKILL) }
    #expect(try await eventually { broker.joined == 1 }, "\(worker.errors.text)")
    try keys.revoke("worker")
    #expect(try await eventually { count("joining again", of: worker) == 2 }, "\(worker.errors.text)")
    try await Task.sleep(for: .seconds(6))
    try keys.authorize("worker")
    #expect(try await eventually { broker.joined == 2 }, "\(worker.errors.text)")
    #expect(other.joined == 0)
    worker.send(SIGTERM)
    #expect(try await worker.exitCode(within: .seconds(5)) == 0)
  }

  /// A server changes its key while workers and clients have both the old one and the new one.
  @Test func aServerThatChangesItsKey() async throws {
    let keys = try await Keys()
    for name in ["new", "worker"] { try await keys.make(name) }
    try keys.authorize("worker")
    let folder = try TemporaryFolder()
    func know(_ name: String) throws {
      try FileManager.default.copyItem(atPath: keys.certificate(name), toPath: "\(folder.path)/\(name).key")
    }
    try know("server")
    let secure = ["--authorized-keys", keys.authorized, "--authorized-workers", keys.authorized]
    let old = try await RunningBroker.start(["--curve-key", keys.secret("server")] + secure)
    let worker = try ChildProcess([
      Waybill.path(), "worker", sample, "--broker", old.backend, "--server-key", folder.path, "--curve-key",
      keys.secret("worker"),
    ])
    defer { worker.send(SIGKILL) }
    #expect(try await eventually { old.joined == 1 }, "\(worker.errors.text)")
    // The certificate of the key to come is read for the next connection.
    try know("new")
    old.process.send(SIGTERM)
    #expect(try await old.process.exitCode(within: .seconds(5)) == 0)
    let new = try await RunningBroker.start(
      frontend: old.frontend, backend: old.backend, ["--curve-key", keys.secret("new")] + secure)
    #expect(try await eventually(within: .seconds(15)) { new.joined == 1 }, "\(worker.errors.text)")
    for known in [[folder.path], [keys.certificate("server"), keys.certificate("new")]] {
      let asked = try await Waybill.run(
        ["images", "-q", "--endpoint", new.frontend, "--curve-key", keys.secret("worker")]
          + known.flatMap { ["--server-key", $0] })
      #expect(asked.exitCode == 0 && asked.output.split(separator: "\n").count == 6, "\(asked)")
    }
    let outdated = try await Waybill.run(
      ["images", "--endpoint", new.frontend, "--retries", "0"] + keys.client("worker"))
    #expect(outdated.exitCode == 77, "\(outdated)")
  }

  private func hold(_ port: Int, by stranger: String) async throws -> ChildProcess? {
    guard stranger != "nobody" else { return nil }
    let holder = try Python.start("stranger.py", [stranger, "\(port)"])
    #expect(try await eventually { holder.hasEnded || holder.output.text == "there\n" }, "\(holder.errors.text)")
    return holder
  }

  private func end(_ holder: ChildProcess?) async throws {
    holder?.send(SIGKILL)
    _ = try await holder?.exitCode()
  }

  /// A port that was held a moment ago may be taken for a little longer.
  private func eventuallyBroker(at backend: String) async throws -> RunningBroker {
    for _ in 0..<50 {
      if let broker = try? await RunningBroker.start(backend: backend) { return broker }
      try await Task.sleep(for: .milliseconds(200))
    }
    return try await RunningBroker.start(backend: backend)
  }

  private func isServed(at endpoint: String) async throws {
    let asked = try await Waybill.run(
      ["images", "-q", "--endpoint", endpoint, "--timeout", "1", "--retries", "30"], within: .seconds(60))
    #expect(asked.exitCode == 0 && asked.output.split(separator: "\n").count == 6, "\(asked)")
  }
}
