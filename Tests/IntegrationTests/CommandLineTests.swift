import Foundation
import Testing

/// What users get who ask for what cannot be had.
@Suite(.fewAtOnce) struct CommandLineTests {
  private let sample = "oci:\(Repository.sampleLayout)"

  /// One line that names the value, an exit code that tells the kind, and nothing that only a programmer reads.
  private func expectRefusal(
    _ arguments: [String], code: CInt, naming value: String, without prefix: [String] = [],
    sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let result = try await Tool.finish(prefix + [Waybill.path()] + arguments)
    #expect(result.exitCode == code, "\(result)", sourceLocation: sourceLocation)
    #expect(result.output.isEmpty, sourceLocation: sourceLocation)
    #expect(
      result.complaints.count == 1 && result.errors.hasPrefix("waybill: ") && result.errors.contains(value),
      "\(result.errors)", sourceLocation: sourceLocation)
  }

  @Test(
    arguments: [
      ("oci:/no/such/folder", CInt(66), "/no/such/folder"),
      ("oci:\(Repository.root)/Tests", 66, "Tests/oci-layout"),
      ("oci:\(Repository.sampleLayout)/index.json", 65, "index.json"),
      ("oci:\(Repository.sampleLayout):latest", 66, "sample-layout:latest"),
      ("foo:/srv", 64, "\"foo\""),
      ("/srv", 64, "\"/srv\""),
      ("oci:", 64, "\"oci:\""),
      ("", 64, "\"\""),
    ])
  func aSourceThatIsNone(_ source: String, _ code: CInt, _ value: String) async throws {
    try await expectRefusal(
      ["worker", source, "--bind", "tcp://127.0.0.1:*", "--require-sources"], code: code, naming: value)
  }

  /// What is of the right kind, and cannot be read.
  @Test(arguments: ["oci", "docker-archive"]) func aRequiredSourceThatMakesNoSense(_ kind: String) async throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/store"
    if kind == "oci" {
      try FileManager.default.copyItem(atPath: Repository.sampleLayout, toPath: path)
      try Data("{".utf8).write(to: URL(filePath: "\(path)/index.json"))
    } else {
      try Data("no archive".utf8).write(to: URL(filePath: path))
    }
    let result = try await Waybill.run(
      ["worker", "\(kind):\(path)", "--bind", "tcp://127.0.0.1:*", "--require-sources", "--log-level", "critical"])
    #expect(result.exitCode == 65 && result.complaints.count == 1 && result.errors.contains(path), "\(result)")
  }

  /// No socket gets the number of a stream that was not given.
  @Test func streamsThatAreNotGivenStayFree() async throws {
    let folder = try TemporaryFolder()
    let endpoint = "ipc://\(folder.path)/waybill.sock"
    let command = "exec \(try Waybill.path()) worker \(sample) --bind \(endpoint) <&- >&- 2>&-"
    let worker = try ChildProcess(["sh", "-c", command])
    defer { worker.send(SIGKILL) }
    #expect(try await Waybill.run(["images", "-q", "--endpoint", endpoint]).exitCode == 0)
    for descriptor in 0...2 {
      let target = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(worker.pid)/fd/\(descriptor)")
      #expect(target == "/dev/null")
    }
    for words in ["images --endpoint \(endpoint)", "--version", "--help", "images --help"] {
      let closed = try await Tool.finish(["sh", "-c", "\(try Waybill.path()) \(words) >&-"])
      #expect(closed.exitCode == 74 && closed.errors.contains("Bad file descriptor"), "\(closed)")
    }
  }

  @Test func aSourceThatMayNotBeRead() async throws {
    let folder = try TemporaryFolder()
    let locked = "\(folder.path)/locked"
    try FileManager.default.createDirectory(
      atPath: locked, withIntermediateDirectories: false, attributes: [.posixPermissions: 0])
    // Root may read everything, until it lays that privilege down.
    let unprivileged =
      geteuid() == 0 ? ["setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--inh-caps", "-all"] : []
    try await expectRefusal(
      ["worker", "oci:\(locked)", "--bind", "tcp://127.0.0.1:*", "--require-sources"], code: 77, naming: locked,
      without: unprivileged)
  }

  @Test(
    arguments: [
      ("--bind", "tcp://127.0.0.1", CInt(64)),
      ("--bind", "tcp://127.0.0.1:99999", 64),
      ("--bind", "tcp://127.0.0.1:x", 64),
      ("--bind", "tcp://127.0.0.1:-1", 64),
      ("--bind", "tcp://127.0.0.1:1x", 64),
      ("--bind", "tcp://127.0.0.1:5555 ", 64),
      ("--bind", "tcp://lo:5563", 64),
      ("--bind", "tcp://lo", 64),
      ("--bind", "tcp://192.0.2.1:5555", 64),
      ("--bind", "tcp://no-such-host.invalid:5555", 64),
      ("--bind", "foo://127.0.0.1:5555", 64),
      ("--bind", "inproc://waybill", 64),
      ("--bind", "5555", 64),
      ("--bind", "", 64),
      ("--bind", "ipc://", 64),
      ("--bind", "ipc:///no/such/folder/waybill.sock", 66),
      ("--bind", "ipc://\(Repository.root)/Package.swift", 73),
      ("--bind", "ipc://\(Repository.root)", 73),
      ("--connect", "foo://127.0.0.1:5555", 64),
      ("--connect", "tcp://127.0.0.1", 64),
      ("--connect", "127.0.0.1:5555", 64),
    ])
  func anEndpointThatIsNone(_ option: String, _ endpoint: String, _ code: CInt) async throws {
    try await expectRefusal(
      ["worker", sample, option, endpoint, "--log-level", "error"], code: code,
      naming: endpoint.isEmpty ? "\"\"" : endpoint)
  }

  @Test(
    arguments: [
      (["broker", "--frontend", "foo://127.0.0.1:1"], CInt(64), "foo://127.0.0.1:1"),
      (["broker", "--frontend", "tcp://127.0.0.1:*", "--backend", "tcp://127.0.0.1:x"], 64, "tcp://127.0.0.1:x"),
      (["broker", "--frontend", "ipc://\(Repository.root)/Package.swift"], 73, "Package.swift"),
      (["worker", "oci:\(Repository.sampleLayout)", "--broker", "127.0.0.1:5556"], 64, "127.0.0.1:5556"),
      (["worker", "oci:\(Repository.sampleLayout)", "--broker", "tcp://127.0.0.1"], 64, "tcp://127.0.0.1"),
    ])
  func aPoolWhereNoneCanBe(_ arguments: [String], _ code: CInt, _ endpoint: String) async throws {
    try await expectRefusal(arguments + ["--log-level", "error"], code: code, naming: endpoint)
  }

  @Test func aFileInTheWayOfASocketIsLeftAlone() async throws {
    let folder = try TemporaryFolder()
    let file = "\(folder.path)/precious"
    try Data("precious".utf8).write(to: URL(filePath: file))
    try await expectRefusal(["worker", sample, "--bind", "ipc://\(file)"], code: 73, naming: file)
    #expect(try String(contentsOfFile: file, encoding: .utf8) == "precious")
  }

  @Test(arguments: ["tcp://127.0.0.1:*", "ipc"])
  func anEndpointThatIsInUse(_ kind: String) async throws {
    let folder = try TemporaryFolder()
    let address = kind == "ipc" ? "ipc://\(folder.path)/waybill.sock" : kind
    try await withWorker(serving: sample, at: ["--bind", address]) { (worker) async throws in
      try await expectRefusal(
        ["worker", sample, "--bind", worker.endpoint, "--log-level", "error"], code: 71, naming: worker.endpoint)
      #expect(try await worker.ids().count == 6)
    }
  }

  @Test(
    arguments: [
      (["worker"], "<source>"),
      (["worker", "oci:/srv", "--no-such-option"], "--no-such-option"),
      (["worker", "oci:/srv", "--log-level", "loud"], "loud"),
      (["worker", "oci:/srv", "--threads", "0"], "0"),
      (["worker", "oci:/srv", "--threads", "many"], "many"),
      (["broker", "--deadline", "0"], "0.0"),
      (["broker", "--retry-after", "nan"], "nan"),
      (["broker", "--queue", "0"], "0"),
      (["broker", "oci:/srv"], "oci:/srv"),
      (["images", "one", "two"], "two"),
      (["images", "--output", "xml"], "xml"),
      (["images", "--timeout", "0"], "0.0"),
      (["images", "--timeout", "nan"], "nan"),
      (["images", "--timeout", "soon"], "soon"),
      (["images", "--retries", "-1"], "-1"),
      (["images", "--watch", "-1"], "-1.0"),
      (["images", ""], "NAME is empty"),
      (["keygen", "alice.key_secret"], "alice.key"),
      (["worker", "oci:/srv", "oci:/srv"], "given twice"),
      (["images", "--retries", "1001"], "1001"),
      (["status", "--no-trunc"], "--no-trunc"),
      (["keygen", ""], "NAME is empty"),
      (["keygen", "/srv/"], "clients/alice"),
      (["no-such-command"], "no-such-command"),
      (["worker", "oci:/srv", "--bind", "tcp://127.0.0.1:1", "--bind", "tcp://127.0.0.1:1"], "given twice"),
      (["broker", "--frontend", "ipc:///run/x", "--backend", "ipc:///run/x"], "given twice"),
      (["images", String(repeating: "x", count: 70_000)], "70000"),
      (["worker", "oci:/srv", "--max-memory", "1KiB"], "1024"),
      (["worker", "oci:/srv", "--max-memory", "much"], "much"),
      (["broker", "--heartbeat-interval", "0"], "0.0"),
      (["broker", "--heartbeat-liveness", "1"], "1"),
      (["worker", "oci:/srv", "--node", "a b"], "\"a b\""),
    ])
  func aWrongCommandLine(_ arguments: [String], _ value: String) async throws {
    let result = try await Waybill.run(arguments)
    #expect(result.exitCode == 64 && result.output.isEmpty, "\(result)")
    #expect(result.errors.hasPrefix("waybill: ") && result.errors.contains(value), "\(result.errors)")
    #expect(result.errors.contains("\nUsage: waybill "), "\(result.errors)")
    #expect(result.complaints.count <= 4, "\(result.errors)")
  }

  @Test(arguments: ["foo://127.0.0.1:5555", "tcp://127.0.0.1", "inproc://waybill", "127.0.0.1:5555", "", "ipc://"])
  func aClientsEndpointThatIsNone(_ endpoint: String) async throws {
    for command in ["images", "status"] {
      try await expectRefusal(
        [command, "--endpoint", endpoint], code: 64, naming: endpoint.isEmpty ? "\"\"" : endpoint)
    }
  }

  @Test(arguments: ["tcp://127.0.0.1:1", "ipc:///no/such/folder/waybill.sock"])
  func nobodyAnswers(at endpoint: String) async throws {
    for command in ["images", "status"] {
      let start = ContinuousClock.now
      try await expectRefusal(
        [command, "--endpoint", endpoint, "--timeout", "0.2", "--retries", "0"], code: 69, naming: endpoint)
      #expect(start.duration(to: .now) < .seconds(5))
    }
  }

  @Test(arguments: ["Foo:1", "a//b", "-x", ":tag", "repo@sha256:abc", "a b", "\u{1b}[31mred"])
  func aNameThatIsNone(_ name: String) async throws {
    try await withWorker(serving: sample) { (worker) async throws in
      let result = try await Waybill.run(["images", "--endpoint", worker.endpoint, "--", name])
      #expect(result.exitCode == 64 && result.output.isEmpty && result.complaints.count == 1, "\(result)")
      #expect(result.errors.hasPrefix("waybill: INVALID_ARGUMENT: \""), "\(result.errors)")
      // Nothing in a name may command the terminal.
      #expect(!result.errors.unicodeScalars.contains("\u{1b}"))
    }
  }

  @Test func helpAndVersionAreNoErrors() async throws {
    for arguments in [
      ["--help"], ["worker", "--help"], ["images", "--help"], ["status", "--help"], ["keygen", "--help"],
      ["--version"], [],
    ] {
      let result = try await Waybill.run(arguments)
      #expect(result.exitCode == 0 && result.errors.isEmpty && !result.output.isEmpty, "\(arguments): \(result)")
    }
  }

  @Test func outputThatCannotBeWrittenIsAnError() async throws {
    try await withWorker(serving: sample) { (worker) async throws in
      for arguments in ["images", "images -q", "images -o json", "status", "status -o yaml"] {
        let command = try "\(Waybill.path()) \(arguments) --endpoint \(worker.endpoint)"
        let full = try await Tool.finish(["sh", "-c", "\(command) >/dev/full"])
        #expect(full.exitCode == 74 && full.complaints.count == 1, "\(full)")
        #expect(full.errors.hasPrefix("waybill: "), "\(full)")
        // A reader that has seen enough ends the command without a word, as it ends others.
        let cut = try await Tool.finish(["sh", "-c", "{ \(command); echo $? >&2; } | true"])
        #expect(["0\n", "141\n"].contains(cut.errors), "\(cut)")
      }
    }
  }

  @Test func aClientThatWaitsCanBeInterrupted() async throws {
    let client = try ChildProcess([Waybill.path(), "images", "--endpoint", "tcp://127.0.0.1:1", "--timeout", "60"])
    // The socket is there when libzmq's threads are.
    let waits = try await eventually {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/\(client.pid)/task").count > 2
    }
    #expect(waits)
    client.send(SIGINT)
    #expect(try await client.exitCode(within: .seconds(5)) == -SIGINT)
    #expect(client.errors.text.isEmpty)
  }
}
