import Foundation
import Testing

/// Endpoints with the name of a host that has several addresses, the first of which is not always the right one.
@Suite(.fewAtOnce) struct NameTests {
  private let sample = "oci:\(Repository.sampleLayout)"
  private let folder: TemporaryFolder
  private let environment: [String: String]

  /// Has localhost stand for ::1 and then 127.0.0.1, as on Debian, for the programs that are started so.
  init() async throws {
    folder = try TemporaryFolder()
    let library = "\(folder.path)/names.so"
    try await Tool.run("gcc", "-shared", "-fPIC", "-O1", "-o", library, Repository.script("names.c"), "-ldl")
    environment = ["LD_PRELOAD": library]
  }

  @Test func allAddressesAreBound() async throws {
    let worker = try ChildProcess(
      [Waybill.path(), "worker", sample, "--bind", "tcp://localhost:*"], environment: environment)
    defer { worker.send(SIGKILL) }
    func places() -> [Substring] { worker.errors.lines.filter { $0.hasSuffix(" listening") } }
    #expect(try await eventually { places().count == 2 }, "\(worker.errors.text)")
    let port = try #require(
      places().first?.split(separator: " ").first { $0.hasPrefix("endpoint=") }?.split(separator: ":").last)
    for host in ["127.0.0.1", "[::1]"] {
      let asked = try await Waybill.run(["images", "-q", "--endpoint", "tcp://\(host):\(port)"])
      #expect(asked.exitCode == 0, "\(asked)")
    }
  }

  @Test(arguments: ["127.0.0.1", "[::1]"]) func eachAddressIsTried(_ host: String) async throws {
    try await withWorker(serving: sample, at: ["--bind", "tcp://\(host):*"]) { (worker) async throws in
      let port = try #require(worker.endpoint.split(separator: ":").last)
      let start = ContinuousClock.now
      let asked = try await Waybill.run(
        ["images", "-q", "--endpoint", "tcp://localhost:\(port)", "--retries", "0"], environment: environment)
      #expect(asked.exitCode == 0, "\(asked)")
      #expect(start.duration(to: .now) < .seconds(3))
    }
  }

  @Test(arguments: ["127.0.0.1", "[::1]"]) func aWorkerFindsItsBrokerAndItsProxy(_ host: String) async throws {
    let broker = try await RunningBroker.start(backend: "tcp://\(host):*")
    let ports = try await Python.freePorts(2)
    let proxy = try Python.start("proxy.py", ["tcp://127.0.0.1:\(ports[0])", "tcp://127.0.0.1:\(ports[1])"])
    defer { proxy.send(SIGKILL) }
    let port = try #require(broker.backend.split(separator: ":").last)
    let worker = try ChildProcess(
      [
        Waybill.path(), "worker", sample, "--broker", "tcp://localhost:\(port)", "--connect",
        "tcp://localhost:\(ports[1])",
      ], environment: environment)
    defer { worker.send(SIGKILL) }
    let isThere = try await eventually {
      ["joined", "connected"].allSatisfy { event in worker.errors.lines.contains { $0.hasSuffix(" \(event)") } }
    }
    // An address that leads nowhere is worth no line as long as there is another one.
    #expect(isThere && !worker.errors.text.contains("again"), "\(worker.errors.text)")
  }

  @Test func aHostThatIsNotKnown() async throws {
    let asked = try await Waybill.run([
      "images", "--endpoint", "tcp://no-such-host.invalid:5555", "--retries", "0", "--timeout", "1",
    ])
    #expect(asked.exitCode == 69 && asked.complaints.count == 1, "\(asked)")
    #expect(asked.errors.contains("the host \"no-such-host.invalid\" is not known: "), "\(asked)")
  }

  /// Nobody waits as long as the system may take to look a name up.
  @Test func aNameThatTakesLong() async throws {
    let start = ContinuousClock.now
    let asked = try await Waybill.run(
      ["images", "--endpoint", "tcp://slow.example:5555", "--timeout", "1", "--retries", "0"], environment: environment)
    #expect(asked.exitCode == 69 && asked.errors.contains("could not be looked up within 1.0 seconds"), "\(asked)")
    #expect(start.duration(to: .now) < .seconds(4))
    for option in ["--broker", "--connect"] {
      let worker = try ChildProcess(
        [Waybill.path(), "worker", sample, option, "tcp://slow.example:5556"], environment: environment)
      #expect(try await eventually { worker.errors.lines.contains { $0.hasSuffix(" read") } })
      try await Task.sleep(for: .milliseconds(500))
      worker.send(SIGTERM)
      #expect(try await worker.exitCode(within: .seconds(3)) == 0, "\(worker.errors.text)")
    }
  }

  @Test func aSocketThatMayNotBeWrittenTo() async throws {
    let path = "\(folder.path)/waybill.sock"
    try await withWorker(serving: sample, at: ["--bind", "ipc://\(path)"]) { (worker) async throws in
      #expect(chmod(path, 0o400) == 0)
      let unprivileged = geteuid() == 0 ? ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"] : []
      let asked = try await Tool.finish(
        unprivileged + [Waybill.path(), "images", "--endpoint", "ipc://\(path)", "--timeout", "1"])
      #expect(asked.exitCode == 77 && asked.complaints.count == 1, "\(asked)")
      #expect(asked.errors.hasPrefix("waybill: this user may not connect to ipc://\(path): "), "\(asked)")
      worker.process.send(SIGTERM)
      #expect(try await worker.process.exitCode(within: .seconds(5)) == 0)
    }
    let gone = try await Waybill.run(["images", "--endpoint", "ipc://\(path)", "--timeout", "1", "--retries", "0"])
    #expect(gone.exitCode == 69 && gone.errors.contains("No such file or directory"), "\(gone)")
  }
}
