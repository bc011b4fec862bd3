import Foundation
import Testing

/// What a service is told beside its command line.
@Suite(.fewAtOnce) struct ConfigTests {
  private let folder: TemporaryFolder
  private let sample = "oci:\(Repository.sampleLayout)"

  init() throws { folder = try TemporaryFolder() }

  private func file(_ text: String) throws -> String {
    let path = "\(folder.path)/waybill.yaml"
    try Data(text.utf8).write(to: URL(filePath: path))
    return path
  }

  private struct Setting: Decodable {
    let key: String
    let variable: String
    let values: [String]
    let from: String
    let `default`: String
    let help: String
  }

  private func settings(_ arguments: [String], _ environment: [String: String] = [:]) async throws -> [Setting] {
    let result = try await Waybill.run(["config", "-o", "json"] + arguments, environment: environment)
    try #require(result.exitCode == 0, "\(result.errors)")
    return try JSONDecoder().decode([Setting].self, from: Data(result.output.utf8))
  }

  @Test func theCommandLineThenAVariableThenTheFileCounts() async throws {
    let path = try file("queue: 7\ndeadline: 2\nretry-after: 0.5\nfrontend: [tcp://127.0.0.1:1, tcp://127.0.0.1:2]\n")
    let told = try await settings(
      ["broker", "--config", path, "--queue", "9"],
      ["WAYBILL_BROKER_QUEUE": "8", "WAYBILL_BROKER_DEADLINE": "3", "WAYBILL_BROKER_BACKEND": "ipc://a ipc://b"])
    func values(_ key: String) -> [String]? { told.first { $0.key == key }?.values }
    func origin(_ key: String) -> String? { told.first { $0.key == key }?.from }
    #expect(values("queue") == ["9"] && origin("queue") == "command line")
    #expect(values("deadline") == ["3"] && origin("deadline") == "WAYBILL_BROKER_DEADLINE")
    #expect(values("retry-after") == ["0.5"] && origin("retry-after") == path)
    #expect(values("frontend") == ["tcp://127.0.0.1:1", "tcp://127.0.0.1:2"] && origin("frontend") == path)
    #expect(values("backend") == ["ipc://a", "ipc://b"])
    #expect(values("heartbeat-liveness") == ["15"] && origin("heartbeat-liveness") == "default")
  }

  @Test func aServiceIsStartedByAFileAlone() async throws {
    let path = try file("# A worker.\nsources:\n  - \(sample)\nbind: tcp://127.0.0.1:*\nadmin: 127.0.0.1:0\n")
    for (arguments, environment) in [(["--config", path], [:]), ([], ["WAYBILL_WORKER_CONFIG": path])] {
      let worker = try ChildProcess([Waybill.path(), "worker"] + arguments, environment: environment)
      defer { worker.send(SIGKILL) }
      let admin = try await Admin(of: worker)
      #expect(try await eventually { try admin.get("/readyz").status == 200 })
    }
    // What the command line names is not added to what the file names.
    let worker = try ChildProcess([Waybill.path(), "worker", "oci:\(folder.path)", "--config", path])
    defer { worker.send(SIGKILL) }
    let status = try await Admin(of: worker).get("/status").body
    #expect(status.contains(folder.path) && !status.contains(sample))
  }

  /// A variable of a client's is none of a service's, which may have both.
  @Test func variablesOfClientsAreNotThoseOfServices() async throws {
    let told = try await settings(
      ["worker", sample], ["WAYBILL_CURVE_KEY": "a", "WAYBILL_SERVER_KEY": "b", "WAYBILL_ENDPOINT": "c"])
    #expect(told.allSatisfy { $0.key == "sources" || $0.from == "default" })
  }

  /// One line, whoever finds the fault: the reader of the file, the parser, or the command.
  @Test(
    arguments: [
      ("thread: 2", "--config FILE: line 1: there is no key \"thread\"; did you mean threads?"),
      ("a: 1\nnonsense: 2", "--config FILE: line 1: there is no key \"a\": the keys are "),
      ("threads: [1, 2]", "--config FILE: line 1: threads is one value"),
      ("threads: {a: 1}", "--config FILE: line 1: threads is one value"),
      ("insecure: 3", "--config FILE: line 1: insecure is true or false"),
      ("bind: {a: b}", "--config FILE: line 1: bind is a list of values"),
      ("threads:", "--config FILE: line 1: threads is one value"),
      ("threads: 1\nthreads: 2", "duplicated key"), ("- threads", "--config FILE: it is no mapping of keys to values"),
      ("threads: [", "--config FILE: it is no YAML: "),
      ("# many\n\nthreads: many", "The value 'many' is invalid for 'threads in line 3 of FILE'"),
      ("threads: 300", "threads in line 1 of FILE is 1 to 256, not 300."),
      ("threads: 1\nmax-memory: 1", "max-memory in line 2 of FILE must be 32MiB or more, not 1 bytes."),
      ("log-level: loud", "log-level in line 1 of FILE"),
      (
        "admin: 9555",
        "admin in line 1 of FILE is HOST:PORT, such as 127.0.0.1:9555, not \"9555\": it has no port: write HOST:PORT."
      ),
    ])
  func aFileThatMakesNoSense(text: String, complaint: String) async throws {
    let path = try file(text)
    for command in [["worker"], ["config", "worker"]] {
      let result = try await Waybill.run(command + [sample, "--config", path, "--bind", "tcp://127.0.0.1:*"])
      #expect(result.exitCode == 65 && result.output.isEmpty, "\(result)")
      #expect(
        result.errors.hasPrefix("waybill: ") && result.errors.split(separator: "\n").count == 1, "\(result.errors)")
      #expect(result.errors.contains(complaint.replacing("FILE", with: path)), "\(result.errors)")
    }
  }

  /// What the parser takes, and a service cannot do.
  @Test(
    arguments: [
      ("worker", "sources: foo:/srv/images", "sources in line 1 of FILE: \"foo\" in \"foo:/srv/images\" is not"),
      ("worker", "threads: 1\nsources: ['']", "sources in line 2 of FILE: \"\" does not say what kind"),
      ("worker", "sources: oci:/srv\nbind: foo", "bind in line 2 of FILE"),
      ("worker", "sources: oci:/srv\nbroker: [foo]", "broker in line 2 of FILE"),
      ("worker", "sources: oci:/srv\nbind: ['tcp://*:1']", "bind in line 2 of FILE: cannot bind tcp://*:1: it is open"),
      ("broker", "backend: ['tcp://*:1']", "backend in line 1 of FILE: cannot bind tcp://*:1: it is open"),
      (
        "broker", "curve-key: a\nauthorized-keys: any\nauthorized-workers: any\nfrontend: foo",
        "frontend in line 4 of FILE"
      ),
      ("publish", "sources: oci:/srv\nto: etcd:foo", "to in line 2 of FILE"),
    ])
  func whatAServiceRefusesIsRefusedBefore(service: String, text: String, complaint: String) async throws {
    let path = try file(text)
    for command in [[service], ["config", service]] {
      let result = try await Waybill.run(command + ["--config", path])
      #expect(result.exitCode == 65 && result.complaints.count == 1, "\(result)")
      #expect(result.errors.contains(complaint.replacing("FILE", with: path)), "\(result.errors)")
    }
  }

  @Test func aFileThatCannotBeRead() async throws {
    func refused(_ path: String) async throws -> Finished {
      try await Waybill.run(["broker", "--config", path], within: .seconds(10))
    }
    let missing = try await refused("\(folder.path)/nowhere")
    #expect(missing.exitCode == 66 && missing.complaints.count == 1, "\(missing)")
    #expect(try await refused(folder.path).exitCode == 66)
    let pipe = "\(folder.path)/pipe"
    try #require(mkfifo(pipe, 0o600) == 0)
    #expect(try await refused(pipe).exitCode == 66)
    let large = try file("# " + String(repeating: "x", count: 2 << 20))
    #expect(try await refused(large).errors.contains("more than"))
    try Data([0xff, 0xfe]).write(to: URL(filePath: large))
    #expect(try await refused(large).errors.contains("not UTF-8"))
  }

  @Test func aVariableThatMakesNoSense() async throws {
    for (variable, value, complaint) in [
      ("WAYBILL_BROKER_QUEUE", "x", "invalid for 'WAYBILL_BROKER_QUEUE"),
      ("WAYBILL_BROKER_DEADLINE", "-1", "WAYBILL_BROKER_DEADLINE must be more than 0"),
      ("WAYBILL_BROKER_INSECURE", "yes", "WAYBILL_BROKER_INSECURE is true or false"),
    ] {
      let result = try await Waybill.run(["broker"], environment: [variable: value])
      #expect(result.exitCode == 64 && result.errors.contains(complaint), "\(result.errors)")
      #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
    }
    // What is no option may be anybody's: Kubernetes sets WAYBILL_BROKER_PORT where a service has that name.
    let told = try await settings(
      ["broker"], ["WAYBILL_BROKER_PORT": "tcp://10.0.0.1:5555", "WAYBILL_BROKER_QUEUE": ""])
    #expect(told.allSatisfy { $0.from == "default" })
  }

  @Test func whatIsNoService() async throws {
    for arguments in [[], ["images"], ["nonsense"]] {
      let result = try await Waybill.run(["config"] + arguments)
      #expect(result.exitCode == 64 && result.errors == "waybill: Name a service: broker, publish, worker.\n")
    }
    #expect(try await Waybill.run(["config", "worker", "--nonsense"]).exitCode == 64)
  }

  /// The tables of the documentation are what the command itself says.
  @Test(arguments: ["worker", "broker", "publish"]) func theTable(_ command: String) async throws {
    let arguments = command == "publish" ? [sample, "--to", "etcd:a:1"] : command == "worker" ? [sample] : []
    let rows = try await settings([command] + arguments).map { setting in
      "| `\(setting.key)` | `\(setting.variable)` | \(setting.default) | \(setting.help.replacing("|", with: "\\|")) |\n"
    }
    let text = try String(contentsOfFile: "\(Repository.root)/docs/configuration.md", encoding: .utf8)
    let table =
      text.components(separatedBy: "## waybill \(command)\n").dropFirst().first?
      .components(separatedBy: "\n## ").first ?? ""
    let documented = table.split(separator: "\n").filter { $0.hasPrefix("| `") }.map { "\($0)\n" }
    #expect(documented == rows)
  }
}
