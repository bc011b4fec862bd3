import Foundation
import Testing

/// What a service says of itself over HTTP.
@Suite(.fewAtOnce) struct AdminTests {
  private let sample = "oci:\(Repository.sampleLayout)"
  private let anyPort = ["--bind", "tcp://127.0.0.1:*"]

  @Test func aWorkersLifeAsAProbeSeesIt() async throws {
    let folder = try TemporaryFolder()
    let store = "\(folder.path)/images"
    let worker = try await RunningWorker.start(
      serving: ["oci:\(store)"], at: anyPort + Admin.options, isReadable: false)
    defer { worker.process.send(SIGKILL) }
    let admin = try await Admin(of: worker.process)
    #expect(try admin.get("/readyz") == (503, "not read yet: oci:\(store)\n"))
    #expect(try admin.get("/livez") == (200, "ok\n"))
    #expect(try admin.metrics()["waybill_ready"] == 0)

    try FileManager.default.copyItem(atPath: Repository.sampleLayout, toPath: store)
    #expect(try await eventually { try admin.get("/readyz") == (200, "ready\n") })
    #expect(try admin.metrics()["waybill_ready"] == 1)

    // Stale is ready: the list of the last good reading is answered, and says what it is.
    try FileManager.default.moveItem(atPath: store, toPath: "\(store)-away")
    let stale = "waybill_source_state{source=\"oci:\(store)\",state=\"stale\"}"
    #expect(try await eventually { try admin.metrics()[stale] == 1 })
    #expect(try admin.get("/readyz") == (200, "ready\n"))
    let warning = "Warning: the list may be old: what it has of oci:\(store) cannot be read anew"
    #expect(try admin.get("/").body.contains(warning))

    // As long as requests come, what has arrived is answered.
    let load = try await Load.start(100_000, rate: 2_000, at: worker.endpoint)
    defer { load.send(SIGKILL) }
    worker.process.send(SIGTERM)
    let isStopping = try await eventually(within: .seconds(3)) {
      (try? admin.get("/readyz"))?.body == "stopping: what has arrived is answered\n"
    }
    #expect(isStopping)
    #expect(try await worker.process.exitCode(within: .seconds(5)) == 0)
  }

  @Test func aBrokerShowsItsWorkers() async throws {
    let broker = try await RunningBroker.start(Admin.options)
    defer { broker.process.send(SIGKILL) }
    let admin = try await Admin(of: broker.process)
    #expect(try await eventually { try admin.get("/readyz") == (200, "ready\n") })
    #expect(try admin.get("/").body.contains("There is no worker"))
    let worker = try await broker.startWorker(["--node", "left"])
    defer { worker.send(SIGKILL) }
    for _ in 0..<3 { _ = try await Waybill.run(["images", "--endpoint", broker.frontend]) }

    func status(_ options: String...) async throws -> Finished {
      try await Waybill.run(["status", "--admin", admin.address] + options)
    }
    #expect(
      try await eventually {
        try await status().output.firstMatch(of: /@left +127\.0\.0\.1 +idle +\d+s +3 +0\n/) != nil
      })
    let json = try await status("-o", "json")
    let shown = try JSONDecoder().decode(BrokerStatus.self, from: Data(json.output.utf8))
    #expect(shown.answered == 3 && shown.workers.map(\.state) == ["idle"] && json.exitCode == 0)
    #expect(try await status("-o", "yaml").output.contains("  state: idle\n"))
    #expect(try admin.get("/").body.contains("@left</td><td>127.0.0.1</td><td>idle</td>"))
  }

  private struct BrokerStatus: Decodable {
    let answered: Int
    let workers: [Worker]
    struct Worker: Decodable { let state: String }
  }

  @Test func statusOfNobodyAndOfSomethingElse() async throws {
    let nobody = try await Waybill.run(["status", "--admin", "127.0.0.1:1"])
    #expect(nobody.exitCode == 69 && nobody.complaints.count == 1, "\(nobody)")
    let noAddress = try await Waybill.run(["status", "--admin", "nonsense"])
    #expect(noAddress.exitCode == 64 && noAddress.complaints.count == 1, "\(noAddress)")
    try await withWorker(serving: sample) { (worker) async throws in
      let port = worker.endpoint.split(separator: ":").last ?? ""
      let strange = try await Waybill.run(["status", "--admin", "127.0.0.1:\(port)", "--timeout", "1"])
      #expect([69, 70].contains(strange.exitCode) && strange.complaints.count == 1, "\(strange)")
    }
  }

  @Test func anAddressThatCannotBe() async throws {
    for (address, code) in [("nonsense", 64), ("127.0.0.1:99999", 64), ("192.0.2.1:9555", 64)] as [(String, CInt)] {
      let result = try await Waybill.run(["worker", sample, "--admin", address] + anyPort)
      #expect(result.exitCode == code && result.errors.contains("--admin"), "\(result)")
    }
    try await withWorker(serving: sample, at: anyPort + Admin.options) { (worker) async throws in
      let address = try await Admin(of: worker.process).address
      let second = try await Waybill.run(["worker", sample, "--admin", address] + anyPort)
      #expect(second.exitCode == 71 && second.errors.contains("another process has it"), "\(second)")
    }
  }

  /// A page shows what stands in stores, whoever wrote it there.
  @Test func textFromStoresIsEscaped() async throws {
    let folder = try TemporaryFolder()
    let store = "\(folder.path)/<script>alert(1)<"
    try FileManager.default.copyItem(atPath: Repository.sampleLayout, toPath: store)
    let index = URL(filePath: "\(store)/index.json")
    let text = try String(contentsOf: index, encoding: .utf8)
    // A name that is none, of an image that can be read.
    let renamed = text.replacing(/"org.opencontainers.image.ref.name" *: *"[^"]*"/) { _ in
      "\"org.opencontainers.image.ref.name\": \"<script src=x>&'\""
    }
    try #require(renamed != text)
    try Data(renamed.utf8).write(to: index)
    try await withWorker(serving: "oci:\(store)", at: anyPort + Admin.options) { (worker) async throws in
      let page = try await Admin(of: worker.process).get("/").body
      #expect(page.contains("&lt;script&gt;alert(1)&lt;"))
      #expect(!page.contains("<script"))
    }
  }

  /// What a client of HTTP may do, and what others notice of it.
  @Test func hostileClientsHarmNobody() async throws {
    struct Report: Decodable {
      let slowest: Double
      let connections: Int
      let longHead: Int
      let slowHeadSeconds: Double
      let answers: [Int]
    }
    try await withWorker(serving: sample, at: anyPort + Admin.options) { (worker) async throws in
      let admin = try await Admin(of: worker.process)
      let before = try admin.metrics()["process_resident_memory_bytes"]
      let port = String(admin.address.split(separator: ":").last ?? "")
      let report = try await Python.run("hostile_http.py", port, as: Report.self, within: .seconds(120))
      // Of heads of a gigabyte, without an end, of other methods, of no HTTP at all, and of a path that is not there.
      #expect(report.longHead == 431)
      #expect(report.slowHeadSeconds < 8)
      #expect(report.answers == [405, 400, 400, 404, 200])
      #expect(report.connections >= 500 && report.slowest < 2, "\(report)")
      #expect(try await worker.ids().count == 6)
      #expect(try admin.metrics()["process_resident_memory_bytes"] < before + 64e6)
      #expect(try await eventually { try admin.metrics()["process_open_fds"] < 64 })
    }
  }
}
