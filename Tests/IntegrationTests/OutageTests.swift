import Foundation
import Testing

/// What an outage leaves in the log: a line when it begins, a line when it ends, and none in between. The log is JSON.
@Suite(.fewAtOnce) struct OutageTests {
  private let sample = "oci:\(Repository.sampleLayout)"
  private let json = ["--log-format", "json"]

  /// Long enough for a line at each poll, each attempt or each heartbeat to be seen.
  private static let outage = Duration.seconds(6)

  private func lines(of process: ChildProcess) throws -> [[String: String]] {
    try process.errors.lines.map { line in
      let object = try JSONDecoder().decode([String: String].self, from: Data(line.utf8))
      #expect(object["time"] != nil && object["level"] != nil && object["message"] != nil, "\(line)")
      #expect(object["time"]?.wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil, "\(line)")
      return object
    }
  }

  private func count(_ message: String, in process: ChildProcess) throws -> Int {
    try lines(of: process).count { $0["message"] == message }
  }

  /// Waits for the beginning, for a while, and for the end, and checks what the log has of it.
  private func watch(
    _ process: ChildProcess, from begin: String, to end: String, _ endOutage: () throws -> Void
  ) async throws {
    let before = try lines(of: process).count
    #expect(try await eventually { try count(begin, in: process) == 1 }, "\(process.errors.text)")
    try await Task.sleep(for: Self.outage)
    #expect(try lines(of: process).count <= before + 1, "\(process.errors.text)")
    let ended = try count(end, in: process)
    try endOutage()
    #expect(try await eventually { try count(end, in: process) == ended + 1 }, "\(process.errors.text)")
    #expect(try lines(of: process).count <= before + 2, "\(process.errors.text)")
  }

  private func start(_ arguments: [String]) throws -> ChildProcess {
    try ChildProcess([Waybill.path()] + arguments + json)
  }

  @Test func aStoreIsGone() async throws {
    let folder = try TemporaryFolder()
    let store = "\(folder.path)/images"
    try FileManager.default.copyItem(atPath: Repository.sampleLayout, toPath: store)
    let worker = try start(["worker", "oci:\(store)", "--bind", "tcp://127.0.0.1:*"])
    defer { worker.send(SIGKILL) }
    #expect(try await eventually { try count("read", in: worker) == 1 })
    try FileManager.default.moveItem(atPath: store, toPath: "\(store)-away")
    try await watch(worker, from: "cannot read the source", to: "the source can be read again, and has not changed") {
      try FileManager.default.moveItem(atPath: "\(store)-away", toPath: store)
    }
  }

  @Test func aBrokerIsGone() async throws {
    let ports = try await Python.freePorts(2)
    let endpoints = [
      "--frontend", "tcp://127.0.0.1:\(ports[0])", "--backend", "tcp://127.0.0.1:\(ports[1])",
    ]
    let first = try start(["broker"] + endpoints)
    let worker = try start(
      ["worker", sample, "--broker", "tcp://127.0.0.1:\(ports[1])", "--heartbeat-interval", "0.1"])
    defer { worker.send(SIGKILL) }
    #expect(try await eventually { try count("joined", in: worker) == 1 })
    first.send(SIGKILL)
    var second: ChildProcess?
    try await watch(worker, from: "joining again", to: "joined") { second = try start(["broker"] + endpoints) }
    second?.send(SIGKILL)
  }

  @Test func aWorkerIsGone() async throws {
    let broker = try start(["broker", "--frontend", "tcp://127.0.0.1:*", "--backend", "tcp://127.0.0.1:*"])
    defer { broker.send(SIGKILL) }
    #expect(try await eventually { try count("listening", in: broker) == 2 })
    let backend = try lines(of: broker).filter { $0["message"] == "listening" }[1]["endpoint"] ?? ""
    let first = try start(["worker", sample, "--broker", backend])
    #expect(try await eventually { try count("worker joined", in: broker) == 1 })
    first.send(SIGKILL)
    var second: ChildProcess?
    try await watch(broker, from: "worker lost", to: "worker joined") {
      second = try start(["worker", sample, "--broker", backend])
    }
    second?.send(SIGKILL)
  }

  @Test func etcdIsGone() async throws {
    let etcd = try await Etcd()
    let publisher = try start(["publish", sample, "--to", "etcd:\(etcd.endpoint)", "--node", "a", "--ttl", "6"])
    let worker = try start(["worker", "etcd:\(etcd.endpoint)", "--bind", "tcp://127.0.0.1:*"])
    defer { for process in [publisher, worker] { process.send(SIGKILL) } }
    #expect(try await eventually { try count("published", in: publisher) == 1 && count("read", in: worker) >= 1 })
    etcd.members[0].process.send(SIGKILL)
    #expect(try await eventually { try count("cannot publish", in: publisher) == 1 }, "\(publisher.errors.text)")
    #expect(try await eventually { try count("cannot read the source", in: worker) == 1 }, "\(worker.errors.text)")
    let before = try (lines(of: publisher).count, lines(of: worker).count)
    try await Task.sleep(for: Self.outage)
    #expect(try (lines(of: publisher).count, lines(of: worker).count) == before)
    try etcd.restart()
    #expect(try await eventually { try count("publishing again", in: publisher) == 1 })
    #expect(
      try await eventually {
        try lines(of: worker).dropFirst(before.1).contains {
          $0["message"]?.hasPrefix("read") == true
            || $0["message"] == "the source can be read again, and has not changed"
        }
      }, "\(worker.errors.text)")
  }

  @Test func aRuntimeIsGone() async throws {
    let folder = try TemporaryFolder()
    let (socket, state) = ("\(folder.path)/runtime.sock", "\(folder.path)/state")
    try Data(#"{"kind": "crio", "images": []}"#.utf8).write(to: URL(filePath: state))
    let first = try Python.start("runtime.py", [socket, state])
    #expect(try await eventually { first.output.text.contains("ready") }, "\(first.errors.text)")
    let worker = try start(["worker", "cri:\(socket)", "--bind", "tcp://127.0.0.1:*"])
    defer { worker.send(SIGKILL) }
    #expect(try await eventually { try count("read", in: worker) == 1 }, "\(worker.errors.text)")
    first.send(SIGKILL)
    var second: ChildProcess?
    try await watch(worker, from: "cannot read the source", to: "the source can be read again, and has not changed") {
      second = try Python.start("runtime.py", [socket, state])
    }
    second?.send(SIGKILL)
  }

  @Test func aKeyIsRefused() async throws {
    let keys = try await Keys()
    let mallory = try await keys.make("mallory")
    let worker = try start(["worker", sample] + keys.server)
    defer { worker.send(SIGKILL) }
    #expect(try await eventually { try count("listening", in: worker) == 1 && count("read", in: worker) == 1 })
    let endpoint = try lines(of: worker).first { $0["message"] == "listening" }?["endpoint"] ?? ""
    for _ in 0..<5 {
      _ = try await Waybill.run(["images", "--endpoint", endpoint, "--timeout", "1"] + keys.client("mallory"))
    }
    let refusals = try lines(of: worker).filter { $0["message"] == "refused a client" }
    #expect(refusals.count == 1 && refusals[0]["key"] == mallory, "\(worker.errors.text)")
  }

  /// Also what a service says when it cannot start, or is told something wrong.
  @Test func theLastWordIsJSONToo() async throws {
    for arguments in [
      ["worker", sample, "--bind", "nonsense"], ["worker", sample, "--threads", "0"],
      ["broker", "--config", "/nowhere"],
      ["worker", "nonsense"], ["broker", "--nonsense"],
    ] {
      let process = try start(arguments)
      #expect(try await process.exitCode(within: .seconds(10)) != 0)
      #expect(try lines(of: process).last?["level"] == "error", "\(process.errors.text)")
    }
  }
}
