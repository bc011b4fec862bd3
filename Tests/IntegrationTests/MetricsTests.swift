import Foundation
import Testing

/// What Prometheus is told.
@Suite(.fewAtOnce) struct MetricsTests {
  private let sample = "oci:\(Repository.sampleLayout)"
  private let anyPort = ["--bind", "tcp://127.0.0.1:*"]

  /// The rows of the table in the documentation: names, kinds, labels and meanings.
  private func documented() throws -> [[String]] {
    let text = try String(contentsOfFile: "\(Repository.root)/docs/operations.md", encoding: .utf8)
    return text.split(separator: "\n").filter { $0.firstMatch(of: /^\| `(waybill|process)_/) != nil }.map { line in
      line.split(separator: "|", omittingEmptySubsequences: false).dropFirst().dropLast().map {
        $0.trimmingCharacters(in: .whitespaces).replacing("`", with: "")
      }
    }
  }

  /// Each metric that a service gives is documented, with its kind, its labels and its meaning, and the other way round.
  @Test func theTableIsThatOfTheServices() async throws {
    let broker = try await RunningBroker.start(Admin.options)
    defer { broker.process.send(SIGKILL) }
    let etcd = try await Etcd()
    let publisher = try ChildProcess(
      [Waybill.path(), "publish", sample, "--to", "etcd:\(etcd.endpoint)", "--node", "a"] + Admin.options)
    defer { publisher.send(SIGKILL) }
    let worker = try await RunningWorker.start(
      serving: ["etcd:\(etcd.endpoint)"], at: ["--broker", broker.backend] + Admin.options, isReadable: false)
    defer { worker.process.send(SIGKILL) }
    #expect(try await eventually { broker.joined == 1 })

    var families: Set<Admin.Metrics.Family> = []
    var labels: [String: String] = [:]
    for process in [broker.process, publisher, worker.process] {
      let admin = try await Admin(of: process)
      #expect(try await eventually { try admin.get("/readyz").status == 200 })
      let metrics = try admin.metrics()
      families.formUnion(metrics.families)
      for sample in metrics.samples.keys {
        let parts = sample.split(separator: "{", maxSplits: 1)
        let names = parts.count < 2 ? [] : parts[1].matches(of: /(?:^|,)([a-z]+)="/).map { String($0.1) }
        labels[String(parts[0])] = names.joined(separator: ", ")
      }
      let check = try await Tool.finish([
        "bash", "-c", "curl --silent \"http://$1/metrics\" | promtool check metrics", "-", admin.address,
      ])
      #expect(check.exitCode == 0 && check.errors.isEmpty && check.output.isEmpty, "\(check)")
    }
    let rows = try documented()
    #expect(Set(rows.map { $0[0] }).count == rows.count)
    #expect(Set(rows.map { $0[0] }) == Set(families.map(\.name)))
    for row in rows {
      let family = families.first { $0.name == row[0] }
      #expect(row == [row[0], family?.kind, labels[row[0]] ?? "", family?.help])
    }
  }

  @Test func aWorkersMetricsMoveWithWhatHappens() async throws {
    let folder = try TemporaryFolder()
    let store = "\(folder.path)/images"
    try FileManager.default.copyItem(atPath: Repository.sampleLayout, toPath: store)
    try await withWorker(serving: "oci:\(store)", at: anyPort + Admin.options) { (worker) async throws in
      let admin = try await Admin(of: worker.process)
      let source = "source=\"oci:\(store)\""
      let before = try admin.metrics()
      #expect(before["waybill_images"] == 6 && before["waybill_source_images{\(source)}"] == 6)
      #expect(before["waybill_image_changes_total{change=\"added\"}"] == 6)
      #expect(before["waybill_request_seconds_count"] == 0 && before["waybill_list_builds_total"] == 0)

      _ = try await worker.images()
      _ = try await Waybill.run(["images", "BAD//", "--endpoint", worker.endpoint])
      _ = try await Waybill.run(["nodes", "--endpoint", worker.endpoint])
      _ = try await worker.status()
      let asked = try admin.metrics()
      #expect(asked["waybill_requests_total{method=\"ListImages\",code=\"OK\"}"] >= 1)
      #expect(asked["waybill_requests_total{method=\"ListImages\",code=\"INVALID_ARGUMENT\"}"] == 1)
      #expect(asked["waybill_requests_total{method=\"ListNodes\",code=\"UNIMPLEMENTED\"}"] == 1)
      #expect(asked["waybill_requests_total{method=\"Status\",code=\"OK\"}"] == 1)
      let all = asked.samples.filter { $0.key.hasPrefix("waybill_requests_total{") }.values.reduce(0, +)
      #expect(asked["waybill_request_seconds_count"] == all && asked["waybill_reply_bytes_count"] == all)
      #expect(asked["waybill_request_seconds_sum"] > 0 && asked["waybill_reply_bytes_sum"] > 1_000)
      #expect(asked["waybill_request_seconds_bucket{le=\"+Inf\"}"] == all)
      #expect(asked["process_cpu_seconds_total"] > 0 && asked["process_resident_memory_bytes"] > 1e6)

      // A whole list is made once for each state.
      let list = "import sys, wire; wire.ask(sys.argv[1], wire.request())"
      for _ in 0..<2 {
        let asked = try await Tool.finish(
          [try Python.interpreter(), "-c", list, worker.endpoint],
          environment: ["PYTHONPATH": URL(filePath: Repository.script("wire.py")).deletingLastPathComponent().path])
        #expect(asked.exitCode == 0, "\(asked.errors)")
      }
      #expect(try admin.metrics()["waybill_list_builds_total"] == 1)
      #expect(try admin.metrics()["waybill_list_bytes"] > 1_000)

      let readings = try admin.metrics()["waybill_source_readings_total{\(source)}"]
      #expect(try await eventually { try admin.metrics()["waybill_source_readings_total{\(source)}"] > readings })
      #expect(try admin.metrics()["waybill_source_reading_seconds_total{\(source)}"] > 0)
      try FileManager.default.moveItem(atPath: store, toPath: "\(store)-away")
      #expect(try await eventually { try admin.metrics()["waybill_source_failures_total{\(source)}"] > 0 })
      #expect(try admin.metrics()["waybill_source_state{\(source),state=\"current\"}"] == 0)
      #expect(try await eventually { try admin.metrics()["waybill_source_age_seconds{\(source)}"] >= 1 })
      try FileManager.default.moveItem(atPath: "\(store)-away", toPath: store)
      try Data("{\"schemaVersion\": 2, \"manifests\": []}".utf8).write(to: URL(filePath: "\(store)/index.json"))
      #expect(try await eventually { try admin.metrics()["waybill_images"] == 0 })
      #expect(try admin.metrics()["waybill_image_changes_total{change=\"removed\"}"] == 6)
    }
  }

  @Test func imagesThatCannotBeReadAreCounted() async throws {
    let folder = try TemporaryFolder()
    let store = "\(folder.path)/images"
    try FileManager.default.copyItem(atPath: Repository.sampleLayout, toPath: store)
    let blobs = "\(store)/blobs/sha256"
    for name in try FileManager.default.contentsOfDirectory(atPath: blobs) {
      try Data().write(to: URL(filePath: "\(blobs)/\(name)"))
    }
    try await withWorker(serving: "oci:\(store)", at: anyPort + Admin.options) { (worker) async throws in
      let metrics = try await Admin(of: worker.process).metrics()
      #expect(metrics["waybill_source_left_out_images{source=\"oci:\(store)\"}"] > 0)
    }
  }

  @Test func aBrokersMetricsMoveWithWhatHappens() async throws {
    // A request is in flight for two seconds, so that it is seen.
    let broker = try await RunningBroker.start(Admin.options + ["--retry-after", "2", "--deadline", "3"])
    defer { broker.process.send(SIGKILL) }
    let admin = try await Admin(of: broker.process)
    func become(_ sample: String, _ value: Double) async throws -> Bool {
      try await eventually(within: .seconds(10)) { try admin.metrics()[sample] == value }
    }
    let ask = ["images", "--endpoint", broker.frontend, "--retries", "0", "--timeout", "5"]
    #expect(try await Waybill.run(ask).exitCode == 69)
    // Where nobody is, a client asks twice more.
    #expect(
      try await eventually { try admin.metrics()["waybill_broker_refused_total{code=\"UNAVAILABLE\"}"] >= 1 })

    let first = try await broker.startWorker(["--node", "first"])
    #expect(try await become("waybill_broker_workers{state=\"idle\"}", 1))
    #expect(try await Waybill.run(ask).exitCode == 0)
    #expect(try await become("waybill_broker_answered_total", 1))

    // A worker that is stopped in the middle: its request goes to nobody, and is over at its deadline.
    first.send(SIGSTOP)
    let slow = try ChildProcess([Waybill.path()] + ask)
    #expect(try await become("waybill_broker_requests_in_flight", 1))
    #expect(try await become("waybill_broker_workers{state=\"busy\"}", 1))
    #expect(try await become("waybill_broker_refused_total{code=\"DEADLINE_EXCEEDED\"}", 1))
    _ = try await slow.exitCode(within: .seconds(20))
    let second = try await broker.startWorker(["--node", "second"])
    first.send(SIGKILL)
    #expect(
      try await eventually {
        try admin.metrics().samples.contains { $0.key.hasPrefix("waybill_broker_worker_losses_total") && $0.value == 1 }
      })
    #expect(try await become("waybill_broker_workers{state=\"idle\"}", 1))
    second.send(SIGKILL)
  }

  @Test func whatABrokerRepeatsQueuesAndDropsIsCounted() async throws {
    let broker = try await RunningBroker.start(Admin.options + ["--retry-after", "0.2", "--queue", "50"])
    defer { broker.process.send(SIGKILL) }
    let admin = try await Admin(of: broker.process)
    func become(_ sample: String, _ isRight: (Double) -> Bool) async throws -> Bool {
      try await eventually(within: .seconds(10)) { isRight(try admin.metrics()[sample]) }
    }
    let ask = [try Waybill.path(), "images", "--endpoint", broker.frontend, "--retries", "0", "--timeout", "10"]
    let slow = try await broker.startWorker(["--node", "slow"])
    let quick = try await broker.startWorker(["--node", "quick"])
    defer { for worker in [slow, quick] { worker.send(SIGKILL) } }

    // The one that is stopped is given a request in its turn; the other one answers, and then the first one, too late.
    slow.send(SIGSTOP)
    for _ in 0..<2 { #expect(try await Tool.finish(ask).exitCode == 0) }
    #expect(try await become("waybill_broker_redispatched_total") { $0 == 1 })
    #expect(try await become("waybill_broker_workers{state=\"overdue\"}") { $0 == 1 })
    slow.send(SIGCONT)
    #expect(try await become("waybill_broker_dropped_total{reason=\"late\"}") { $0 == 1 })
    #expect(try await become("waybill_broker_workers{state=\"overdue\"}") { $0 == 0 })

    // With nobody to answer they wait, and one whose client goes is answered to nobody.
    for worker in [slow, quick] { worker.send(SIGSTOP) }
    let waiting = try (0..<8).map { _ in try ChildProcess(ask) }
    #expect(try await become("waybill_broker_queued_requests") { $0 > 0 })
    for client in waiting { client.send(SIGKILL) }
    for client in waiting { _ = try await client.exitCode(within: .seconds(5)) }
    for worker in [slow, quick] { worker.send(SIGCONT) }
    #expect(try await become("waybill_broker_dropped_total{reason=\"gone\"}") { $0 > 0 })
    #expect(try await become("waybill_broker_queued_requests") { $0 == 0 })
    #expect(try admin.metrics()["waybill_broker_queue_limit_requests"] == 50)
  }

  @Test func aWorkersMetricsOfItsPoolAndItsClusterMove() async throws {
    let etcd = try await Etcd()
    let broker = try await RunningBroker.start()
    let publisher = try ChildProcess(
      [Waybill.path(), "publish", sample, "--to", "etcd:\(etcd.endpoint)", "--node", "a"])
    defer { publisher.send(SIGKILL) }
    let worker = try await RunningWorker.start(
      serving: ["etcd:\(etcd.endpoint)"], at: ["--broker", broker.backend] + Admin.options, isReadable: false)
    defer { worker.process.send(SIGKILL) }
    let admin = try await Admin(of: worker.process)
    func become(_ sample: String, _ value: Double) async throws -> Bool {
      try await eventually { try admin.metrics()[sample] == value }
    }
    #expect(try await become("waybill_pool_joined{broker=\"\(broker.backend)\"}", 1))
    #expect(try await become("waybill_nodes{state=\"current\"}", 1))
    #expect(try await become("waybill_node_images", 6))
    publisher.send(SIGTERM)
    #expect(try await become("waybill_nodes{state=\"gone\"}", 1))
    #expect(try await become("waybill_node_images", 0))
    broker.process.send(SIGKILL)
    #expect(try await become("waybill_pool_joined{broker=\"\(broker.backend)\"}", 0))
  }

  @Test func repliesThatNobodyReadsAreCounted() async throws {
    let store = try await LargeStore(images: 2_000)
    try await withWorker(serving: "oci:\(store.path)", at: anyPort + Admin.options) { (worker) async throws in
      let admin = try await Admin(of: worker.process)
      #expect(try admin.metrics()["waybill_unread_reply_bytes"] == 0)
      let deaf = try ChildProcess(
        [
          Python.interpreter(), "-c",
          """
          import sys, time
          import msgpack, zmq
          from wire import connect
          deaf = connect(zmq.DEALER, sys.argv[1], rcvhwm=1, rcvbuf=4096)
          for _ in range(200):
              deaf.send_multipart([b"", msgpack.packb({"limit": 1000})])
          time.sleep(600)
          """, worker.endpoint,
        ], environment: ["PYTHONPATH": URL(filePath: Repository.script("wire.py")).deletingLastPathComponent().path])
      defer { deaf.send(SIGKILL) }
      #expect(try await eventually { try admin.metrics()["waybill_unread_reply_bytes"] > 65_536 })
      #expect(
        try admin.metrics()["waybill_unread_reply_limit_bytes"] >= admin.metrics()["waybill_unread_reply_bytes"])
      deaf.send(SIGKILL)
      #expect(try await eventually { try admin.metrics()["waybill_unread_reply_bytes"] == 0 })
    }
  }

  @Test func aPublishersMetricsMoveWithWhatHappens() async throws {
    let etcd = try await Etcd()
    let publisher = try ChildProcess(
      [Waybill.path(), "publish", sample, "--to", "etcd:\(etcd.endpoint)", "--node", "a"] + Admin.options)
    defer { publisher.send(SIGKILL) }
    let admin = try await Admin(of: publisher)
    #expect(try await eventually { try admin.metrics()["waybill_publisher_listed"] == 1 })
    #expect(try admin.metrics()["waybill_publisher_records_total"] == 1)
    #expect(try admin.get("/readyz").status == 200)
    etcd.members[0].process.send(SIGKILL)
    // It is heard of at the next keep-alive, or as soon as the connection ends.
    #expect(try await eventually { try admin.metrics()["waybill_publisher_failures_total"] > 0 })
    #expect(try admin.get("/readyz").status == 503)
    #expect(try admin.metrics()["waybill_publisher_listed"] == 0)
    try etcd.restart()
    #expect(try await eventually { try admin.metrics()["waybill_publisher_listed"] == 1 })
  }

  @Test(arguments: ["worker", "broker"]) func whoIsNotLetInIsCounted(by service: String) async throws {
    let keys = try await Keys()
    for name in ["alice", "mallory", "other"] { try await keys.make(name) }
    try keys.authorize("alice")
    let process: ChildProcess
    let endpoint: String
    if service == "worker" {
      let worker = try await RunningWorker.start(serving: [sample], at: keys.server + Admin.options)
      (process, endpoint) = (worker.process, worker.endpoint)
    } else {
      let options = [
        "--curve-key", keys.secret("server"), "--authorized-keys", keys.authorized, "--authorized-workers",
        keys.authorized,
      ]
      let broker = try await RunningBroker.start(options + Admin.options)
      (process, endpoint) = (broker.process, broker.frontend)
    }
    defer { process.send(SIGKILL) }
    let admin = try await Admin(of: process)
    let images = ["images", "--endpoint", endpoint, "--timeout", "1", "--retries", "0"]
    func refused(_ reason: String) throws -> Double {
      try admin.metrics()["waybill_refused_connections_total{reason=\"\(reason)\"}"]
    }
    #expect(try refused("key_not_allowed") == 0 && refused("handshake") == 0)
    _ = try await Waybill.run(images + keys.client("mallory"))
    #expect(try await eventually { try refused("key_not_allowed") > 0 })
    #expect(try refused("handshake") == 0)
    _ = try await Waybill.run(images + keys.client("alice", of: "other"))
    #expect(try await eventually { try refused("handshake") > 0 })
    #expect(process.errors.lines.count { $0.hasSuffix(" a client's connection failed") } == 1)
  }

  /// A worker that was stopped for so long that it counts as lost has done nothing wrong, and is in the pool again.
  @Test func aWorkerThatWasStoppedKeepsToTheProtocol() async throws {
    let quick = ["--heartbeat-interval", "0.1", "--heartbeat-liveness", "5"]
    let broker = try await RunningBroker.start(Admin.options + quick)
    defer { broker.process.send(SIGKILL) }
    let admin = try await Admin(of: broker.process)
    let worker = try await broker.startWorker(quick)
    defer { worker.send(SIGKILL) }
    for round in 1...3 {
      worker.send(SIGSTOP)
      #expect(
        try await eventually {
          try admin.metrics()["waybill_broker_worker_losses_total{reason=\"silent\"}"] == Double(round)
        })
      worker.send(SIGCONT)
      #expect(try await eventually { broker.joined == round + 1 })
    }
    #expect(try admin.metrics()["waybill_broker_invalid_messages_total"] == 0)
  }
}
