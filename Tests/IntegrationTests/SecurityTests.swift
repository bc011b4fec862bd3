import Foundation
import Testing

/// Who is let in, who is not, and what each of them is told.
@Suite(.fewAtOnce) struct SecurityTests {
  private let sample = "oci:\(Repository.sampleLayout)"

  private func ask(_ endpoint: String, _ options: [String]) async throws -> Finished {
    try await Waybill.run(["images", "-q", "--endpoint", endpoint] + options)
  }

  @Test func anAllowedKeyIsServedAndAnUnknownOneIsNot() async throws {
    let keys = try await Keys()
    let (alice, mallory) = (try await keys.make("alice"), try await keys.make("mallory"))
    try keys.authorize("alice")
    try await withWorker(serving: sample, at: keys.server) { (worker) async throws in
      let served = try await ask(worker.endpoint, keys.client("alice"))
      #expect(served.exitCode == 0 && served.complaints.isEmpty && served.output.split(separator: "\n").count == 6)

      let start = ContinuousClock.now
      let refused = try await ask(worker.endpoint, keys.client("mallory"))
      #expect(refused.exitCode == 77 && refused.output.isEmpty && refused.complaints.count == 1, "\(refused)")
      #expect(refused.errors.contains("does not allow the key \(mallory)"), "\(refused.errors)")
      // At once, and not when its time is over.
      #expect(start.duration(to: .now) < .seconds(5))
      let log = worker.process.errors.text
      #expect(log.contains("refused a client") && log.contains("key=\(mallory)") && log.contains("address=127.0.0.1"))
      // Once, however often it comes: each connection that it tries again is another.
      #expect(try await ask(worker.endpoint, keys.client("mallory")).exitCode == 77)
      #expect(worker.process.errors.lines.count { $0.contains("refused a client") } == 1)
      #expect(!log.contains("key=\(alice)"))

      let status = try await Waybill.run(
        ["status", "--endpoint", worker.endpoint],
        environment: [
          "WAYBILL_SERVER_KEY": keys.certificate("server"), "WAYBILL_CURVE_KEY": keys.secret("alice"),
        ])
      #expect(status.exitCode == 0, "\(status)")
    }
  }

  @Test(arguments: ["1", "2"])
  func theListIsReadAgain(threads: String) async throws {
    let keys = try await Keys()
    try await keys.make("alice")
    try keys.authorize("alice")
    try await withWorker(serving: sample, at: keys.server + ["--threads", threads]) { (worker) async throws in
      let client = try Python.start(
        "curve_client.py", [worker.endpoint, keys.certificate("server"), keys.secret("alice")])
      defer { client.send(SIGKILL) }
      #expect(try await eventually { client.output.text == "6\n" }, "\(client.errors.text)")

      var start = ContinuousClock.now
      try keys.revoke("alice")
      // Of the connection that it has, and of new ones.
      #expect(try await eventually { client.output.text == "6\nPERMISSION_DENIED\n" }, "\(client.errors.text)")
      let untilRevoked = start.duration(to: .now)
      #expect(try await ask(worker.endpoint, keys.client("alice")).exitCode == 77)
      #expect(worker.process.errors.text.contains("nobody is let in"))
      #expect(worker.process.errors.text.contains("not allowed any more"))

      start = ContinuousClock.now
      try keys.authorize("alice")
      #expect(try await eventually { client.output.text == "6\nPERMISSION_DENIED\n6\n" }, "\(client.errors.text)")
      let untilAllowed = start.duration(to: .now)
      #expect(try await ask(worker.endpoint, keys.client("alice")).exitCode == 0)
      print("a key revoked: \(untilRevoked), allowed: \(untilAllowed)")
      #expect(max(untilRevoked, untilAllowed) < .seconds(2))
      #expect(client.errors.text.isEmpty)
    }
  }

  @Test func aListThatCannotBeReadLetsNobodyIn() async throws {
    let keys = try await Keys()
    try await keys.make("alice")
    try keys.authorize("alice")
    try await withWorker(serving: sample, at: keys.server) { (worker) async throws in
      #expect(try await ask(worker.endpoint, keys.client("alice")).exitCode == 0)
      try FileManager.default.moveItem(atPath: keys.authorized, toPath: "\(keys.authorized)-away")
      #expect(try await eventually { worker.process.errors.text.contains("nobody is let in") })
      #expect(try await ask(worker.endpoint, keys.client("alice")).exitCode == 77)
      try FileManager.default.moveItem(atPath: "\(keys.authorized)-away", toPath: keys.authorized)
      #expect(
        try await eventually { try await ask(worker.endpoint, keys.client("alice")).exitCode == 0 })
      try Data("curve".utf8).write(to: URL(filePath: "\(keys.authorized)/broken.key"))
      #expect(try await eventually { worker.process.errors.text.contains("broken.key: it has no public-key") })
      #expect(try await ask(worker.endpoint, keys.client("alice")).exitCode == 0)
    }
  }

  @Test func keysOfPyzmqAreReadHere() async throws {
    let keys = try await Keys()
    let folder = URL(filePath: keys.authorized).deletingLastPathComponent().path
    for name in ["theirs", "bob"] {
      let command = "import sys, zmq.auth; zmq.auth.create_certificates(*sys.argv[1:], metadata={'name': 'Bob = B'})"
      let made = try await Tool.finish([Python.interpreter(), "-c", command, folder, name])
      #expect(made.exitCode == 0, "\(made.errors)")
      // pyzmq leaves them for all to read, and waybill says so.
      #expect(chmod(keys.secret(name), 0o600) == 0)
    }
    try keys.authorize("bob")
    let options = ["--curve-key", keys.secret("theirs"), "--authorized-keys", keys.authorized]
    try await withWorker(serving: sample, at: ["--bind", "tcp://127.0.0.1:*"] + options) { (worker) async throws in
      let result = try await ask(worker.endpoint, keys.client("bob", of: "theirs"))
      #expect(result.exitCode == 0, "\(result)")
    }
  }

  @Test func everybodyWhoKnowsTheServer() async throws {
    let keys = try await Keys()
    let options = ["--bind", "tcp://127.0.0.1:*", "--curve-key", keys.secret("server"), "--authorized-keys", "any"]
    try await withWorker(serving: sample, at: options) { (worker) async throws in
      let key = try #require(
        try String(contentsOfFile: keys.certificate("server"), encoding: .utf8).split(separator: "\"").dropFirst().first
      )
      let result = try await ask(worker.endpoint, ["--server-key=\(key)"])
      #expect(result.exitCode == 0, "\(result)")
    }
  }

  enum Mistake: CaseIterable {
    case wrongServerKey, plainClient, plainServer
  }

  @Test(arguments: Mistake.allCases)
  func whatDoesNotMatchIsAClearError(_ mistake: Mistake) async throws {
    let keys = try await Keys()
    try await keys.make("alice")
    try await keys.make("other")
    try keys.authorize("alice")
    let server = mistake == .plainServer ? ["--bind", "tcp://127.0.0.1:*"] : keys.server
    try await withWorker(serving: sample, at: server) { (worker) async throws in
      let options =
        switch mistake {
        case .wrongServerKey: keys.client("alice", of: "other")
        case .plainClient: []
        case .plainServer: keys.client("alice")
        } as [String]
      let start = ContinuousClock.now
      let result = try await ask(worker.endpoint, options + ["--timeout", "60"])
      #expect(start.duration(to: .now) < .seconds(20))
      #expect(result.exitCode == 77 && result.output.isEmpty && result.complaints.count == 1, "\(result)")
      #expect(result.errors.contains(worker.endpoint) && result.errors.contains("--server-key"), "\(result.errors)")
      // Of the two ends of the others, the one that is quicker says so, and the other sees a closed connection.
      if mistake == .wrongServerKey { #expect(worker.process.errors.text.contains("a client's connection failed")) }
    }
  }

  /// Known by its number and by its name, and after a connection that was lost libzmq tells of neither.
  @Test(arguments: ["127.0.0.1", "localhost"])
  func aWorkerBehindAProxyThatDoesNotKnowItYet(_ host: String) async throws {
    let keys = try await Keys()
    try await keys.make("worker")
    let ports = try await Python.freePorts(2)
    let places = ports.map { "tcp://127.0.0.1:\($0)" }
    let options = ["--connect", "tcp://\(host):\(ports[1])"] + keys.client("worker")
    try await withWorker(serving: sample, at: options) { (worker) async throws in
      func refusals() -> Int { worker.process.errors.lines.count { $0.contains("does not allow this worker's key") } }
      for _ in 0..<2 {
        let before = refusals()
        let proxy = try Python.start("curve_proxy.py", [keys.secret("server"), keys.authorized] + places)
        defer { proxy.send(SIGKILL) }
        #expect(try await eventually { refusals() > before }, "\(worker.process.errors.text)")
        try keys.authorize("worker")
        #expect(
          try await eventually(within: .seconds(60)) {
            try await ask(places[0], ["--timeout", "1", "--retries", "0"]).exitCode == 0
          })
        proxy.send(SIGKILL)
        #expect(try await proxy.exitCode() == -SIGKILL)
        try keys.revoke("worker")
      }
      worker.process.send(SIGTERM)
      #expect(try await worker.process.exitCode(within: .seconds(10)) == 0)
    }
  }

  @Test(
    arguments: [
      "tcp://0.0.0.0:*", "tcp://*:*", "tcp://[::]:*", "tcp://192.0.2.1:5555", "tcp://example.org:5555",
      "tcp://eth0:5555",
      "tcp://lo:*", "tcp://128.0.0.1:*", "tcp://[::ffff:192.0.2.1]:*", "tcp://[::2]:*",
    ])
  func aNetworkNeedsKeys(_ endpoint: String) async throws {
    let result = try await Waybill.run(["worker", sample, "--bind", endpoint])
    #expect(result.exitCode == 64 && result.complaints.count == 1, "\(result)")
    #expect(result.errors.contains("\(endpoint): it is open to a network"), "\(result.errors)")
  }

  @Test(
    arguments: [
      ("tcp://127.0.0.1:*", []), ("tcp://127.8.9.10:*", []), ("tcp://[::1]:*", []),
      ("tcp://0.0.0.0:*", ["--insecure"]), ("tcp://*:*", ["--insecure"]),
    ] as [(String, [String])])
  func whatNeedsNone(_ endpoint: String, _ options: [String]) async throws {
    try await withWorker(serving: sample, at: ["--bind", endpoint] + options) { (worker) async throws in
      #expect(!worker.endpoint.isEmpty)
    }
  }

  @Test func keysOpenANetwork() async throws {
    let keys = try await Keys()
    try await keys.make("alice")
    try keys.authorize("alice")
    let server = keys.server.map { $0 == "tcp://127.0.0.1:*" ? "tcp://0.0.0.0:*" : $0 }
    try await withWorker(serving: sample, at: server) { (worker) async throws in
      let endpoint = worker.endpoint.replacing("0.0.0.0", with: "127.0.0.1")
      #expect(try await ask(endpoint, keys.client("alice")).exitCode == 0)
    }
  }

  @Test func aBrokerKnowsItsClientsFromItsWorkers() async throws {
    let keys = try await Keys()
    for name in ["alice", "worker"] { try await keys.make(name) }
    try keys.authorize("alice")
    let workers = "\(keys.authorized)-workers"
    try FileManager.default.createDirectory(atPath: workers, withIntermediateDirectories: false)
    try FileManager.default.copyItem(atPath: keys.certificate("worker"), toPath: "\(workers)/worker.key")
    let places = try await Python.freePorts(2).map { "tcp://127.0.0.1:\($0)" }
    let broker = try ChildProcess([
      Waybill.path(), "broker", "--frontend", places[0], "--backend", places[1], "--curve-key", keys.secret("server"),
      "--authorized-keys", keys.authorized, "--authorized-workers", workers,
    ])
    defer { broker.send(SIGKILL) }
    #expect(try await eventually { broker.errors.lines.count { $0.hasSuffix(" listening") } == 2 })

    // Who may ask may not answer.
    let impostor = try ChildProcess([Waybill.path(), "worker", sample, "--broker", places[1]] + keys.client("alice"))
    defer { impostor.send(SIGKILL) }
    #expect(
      try await eventually {
        broker.errors.lines.contains { $0.contains("role=workers ") && $0.hasSuffix(" refused a client") }
      })
    #expect(try await ask(places[0], keys.client("alice") + ["--retries", "0"]).exitCode == 69)

    let worker = try ChildProcess([Waybill.path(), "worker", sample, "--broker", places[1]] + keys.client("worker"))
    defer { worker.send(SIGKILL) }
    #expect(try await eventually { try await ask(places[0], keys.client("alice")).exitCode == 0 })
    #expect(try await ask(places[0], keys.client("worker")).exitCode == 77)

    let client = try Python.start("curve_client.py", [places[0], keys.certificate("server"), keys.secret("alice")])
    defer { client.send(SIGKILL) }
    #expect(try await eventually { client.output.text == "6\n" }, "\(client.errors.text)")
    try keys.revoke("alice")
    #expect(try await eventually { client.output.text == "6\nPERMISSION_DENIED\n" }, "\(client.errors.text)")
    try keys.authorize("alice")
    #expect(try await eventually { client.output.text == "6\nPERMISSION_DENIED\n6\n" }, "\(client.errors.text)")
    try FileManager.default.removeItem(atPath: "\(workers)/worker.key")
    #expect(
      try await eventually { client.output.text == "6\nPERMISSION_DENIED\n6\nUNAVAILABLE\n" }, "\(client.output.text)")
  }
}
