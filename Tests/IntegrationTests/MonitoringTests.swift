import Foundation
import Testing

/// What a monitor, a probe and a watcher are told.
@Suite(.fewAtOnce) struct MonitoringTests {
  private let sample = "oci:\(Repository.sampleLayout)"

  private func status(_ purpose: String, at endpoint: String) async throws -> Finished {
    try await Waybill.run(["status", purpose, "--endpoint", endpoint, "--timeout", "2", "--retries", "0"])
  }

  @Test func aStoreThatIsNotThereYet() async throws {
    let folder = try TemporaryFolder()
    let store = "\(folder.path)/later/images"
    let worker = try await RunningWorker.start(serving: ["oci:\(store)"], isReadable: false)
    defer { worker.process.send(SIGKILL) }
    let refused = try await Waybill.run(["images", "--endpoint", worker.endpoint, "--retries", "0"])
    #expect(refused.exitCode == 69 && refused.errors.hasPrefix("waybill: UNAVAILABLE: not read yet: oci:\(store)"))
    #expect(try await status("--live", at: worker.endpoint).exitCode == 0)
    #expect(try await status("--check", at: worker.endpoint).exitCode == 2)
    try await Task.sleep(for: .seconds(2))
    let complaints = worker.process.errors.lines.filter { $0.hasSuffix(" cannot read the source") }
    #expect(complaints.count == 1 && complaints[0].contains("\(store) "), "\(worker.process.errors.text)")
    try FileManager.default.createDirectory(
      atPath: "\(folder.path)/later", withIntermediateDirectories: false)
    try FileManager.default.copyItem(atPath: Repository.sampleLayout, toPath: store)
    #expect(try await eventually { try await status("--check", at: worker.endpoint).exitCode == 0 })
    #expect(worker.process.errors.lines.count { $0.hasSuffix(" read") } == 1, "\(worker.process.errors.text)")

    // Stale, and current again with the same contents.
    try FileManager.default.moveItem(atPath: store, toPath: "\(store)-away")
    #expect(try await eventually { try await status("--check", at: worker.endpoint).exitCode == 1 })
    try FileManager.default.moveItem(atPath: "\(store)-away", toPath: store)
    #expect(try await eventually { try await status("--check", at: worker.endpoint).exitCode == 0 })
    let recoveries = worker.process.errors.lines.count {
      $0.hasSuffix(" the source can be read again, and has not changed")
    }
    #expect(recoveries == 1, "\(worker.process.errors.text)")
  }

  @Test func anImageThatIsLeftOut() async throws {
    let folder = try TemporaryFolder()
    let store = "\(folder.path)/images"
    try FileManager.default.copyItem(atPath: Repository.sampleLayout, toPath: store)
    let manifests = try FileManager.default.contentsOfDirectory(atPath: "\(store)/blobs/sha256")
    for name in manifests { try Data().write(to: URL(filePath: "\(store)/blobs/sha256/\(name)")) }
    try await withWorker(serving: "oci:\(store)") { (worker) async throws in
      let check = try await status("--check", at: worker.endpoint)
      #expect(check.exitCode == 1 && check.output.contains("left out") && check.errors.isEmpty, "\(check)")
    }
  }

  @Test func nobodyAndABrokerOfNobody() async throws {
    #expect(try await status("--live", at: "tcp://127.0.0.1:1").exitCode == 69)
    let check = try await status("--check", at: "tcp://127.0.0.1:1")
    #expect(check.exitCode == 2 && check.complaints.count == 1, "\(check)")
    let broker = try await RunningBroker.start()
    let live = try await status("--live", at: broker.frontend)
    #expect(live.exitCode == 0 && live.output.isEmpty && live.errors.isEmpty, "\(live)")
    #expect(try await status("--check", at: broker.frontend).exitCode == 2)
    broker.process.send(SIGTERM)
    #expect(try await broker.process.exitCode(within: .seconds(5)) == 0)
    let last = broker.process.errors.lines.last ?? ""
    #expect(last.contains(" answered=0 ") && last.contains(" refused=2 "), "\(last)")
  }

  @Test func behindABrokerOneKnowsWhomOneAsked() async throws {
    let broker = try await RunningBroker.start()
    let workers = [
      try await broker.startWorker(["--node", "left"]), try await broker.startWorker(["--node", "right"]),
    ]
    var nodes: [String: Set<String>] = [:]
    for _ in 0..<4 {
      let status = try await Waybill.run(["status", "-o", "json", "--endpoint", broker.frontend])
      let decoded = try JSONDecoder().decode(RunningWorker.Status.self, from: Data(status.output.utf8))
      nodes[decoded.node, default: []].insert(decoded.instance)
    }
    #expect(nodes.keys.sorted() == ["left", "right"] && nodes.values.allSatisfy { $0.count == 1 }, "\(nodes)")
    for (node, instances) in nodes {
      let name = "worker=\(instances.first ?? "")/0@\(node) "
      #expect(broker.process.errors.text.contains(name), "\(broker.process.errors.text)")
    }
    #expect(workers.allSatisfy { !$0.hasEnded })
  }

  @Test func aWatcherWaitsForAWorkerAndSaysSoOnce() async throws {
    let folder = try TemporaryFolder()
    let endpoint = "ipc://\(folder.path)/waybill.sock"
    let watcher = try ChildProcess([
      Waybill.path(), "images", "--endpoint", endpoint, "--watch", "0.1", "-q", "--timeout", "0.2", "--retries", "0",
    ])
    defer { watcher.send(SIGKILL) }
    #expect(try await eventually { !watcher.errors.lines.isEmpty })
    try await Task.sleep(for: .seconds(1))
    #expect(watcher.errors.lines.count == 1 && !watcher.hasEnded, "\(watcher.errors.text)")
    try await withWorker(serving: sample, at: ["--bind", endpoint]) { (_) async throws in
      #expect(try await eventually { watcher.output.lines.count == 6 })
      #expect(watcher.errors.lines.last == "waybill: the list is there again", "\(watcher.errors.text)")
    }
    #expect(try await eventually { watcher.errors.lines.count == 3 }, "\(watcher.errors.text)")
  }

  @Test func aPersonIsToldThatAnAnswerIsWaitedFor() async throws {
    let folder = try TemporaryFolder()
    let endpoint = "ipc://\(folder.path)/waybill.sock"
    let session = try await TerminalSession.run(
      [Waybill.path(), "images", "--endpoint", endpoint, "--timeout", "10", "--retries", "1"], columns: 200,
      until: "at most")
    #expect(
      session.terminal == "waybill: no answer yet from \(endpoint): waiting 20.0 seconds at most\r\n", "\(session)")
  }

  @Test func aWatcherEndsWhenNobodyReads() async throws {
    try await withWorker(serving: sample) { (worker) async throws in
      let watcher = "\(try Waybill.path()) images -q --endpoint \(worker.endpoint) --watch 0.1"
      let result = try await Tool.finish(["bash", "-o", "pipefail", "-c", "\(watcher) | head -n 1"])
      #expect(result.exitCode == 0 && result.complaints.isEmpty && result.output.hasPrefix("sha256:"), "\(result)")
    }
  }

  @Test func aWatcherWhoseKeyIsRevokedEnds() async throws {
    let keys = try await Keys()
    try await keys.make("alice")
    try keys.authorize("alice")
    try await withWorker(serving: sample, at: keys.server) { (worker) async throws in
      let watcher = try ChildProcess(
        [Waybill.path(), "images", "--endpoint", worker.endpoint, "--watch", "0.1"] + keys.client("alice"))
      defer { watcher.send(SIGKILL) }
      #expect(try await eventually { !watcher.output.lines.isEmpty })
      try keys.revoke("alice")
      #expect(try await watcher.exitCode(within: .seconds(20)) == 77)
      #expect(watcher.errors.lines.count == 1, "\(watcher.errors.text)")
    }
  }
}
