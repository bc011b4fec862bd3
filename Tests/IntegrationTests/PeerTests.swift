import Foundation
import Testing

/// Peers that are not waybill's: clients of other implementations, and workers of other versions and habits.
@Suite(.fewAtOnce) struct PeerTests {
  private let sample = "oci:\(Repository.sampleLayout)"

  enum Client: String {
    case libzmq, zmtp30, jeromq
  }

  /// Longer than heartbeats of libzmq let a peer be silent. `make test-peers` makes it a minute, and installs Java.
  private static let pause = ProcessInfo.processInfo.environment["PEERS_IDLE"]
  private static let clients: [Client] = pause == nil ? [.libzmq, .zmtp30] : [.libzmq, .zmtp30, .jeromq]

  /// What the peer does not know is not sent to it, whatever time passes between two of its calls.
  @Test(arguments: clients) func aClientThatIsIdle(_ client: Client) async throws {
    let broker = try await RunningBroker.start()
    let worker = try await broker.startWorker(["--bind", "tcp://127.0.0.1:*"])
    let line = try #require(worker.errors.lines.first { $0.hasSuffix(" listening") })
    let field = try #require(line.split(separator: " ").first { $0.hasPrefix("endpoint=") })
    let folder = try TemporaryFolder()
    let command = try await command(of: client, in: folder)
    let clients = try [String(field.dropFirst("endpoint=".count)), broker.frontend].map {
      try ChildProcess(command + [$0, Self.pause ?? "12"])
    }
    for client in clients {
      let code = try await client.exitCode(within: .seconds(120))
      let answers = client.output.lines
      #expect(code == 0 && answers.count == 2 && answers[0] == answers[1] && answers[0] != "0", "\(client.errors.text)")
    }
  }

  private func command(of client: Client, in folder: TemporaryFolder) async throws -> [String] {
    switch client {
    case .libzmq: return [try Python.interpreter(), Repository.script("idle.py")]
    case .zmtp30: return [try Python.interpreter(), Repository.script("zmtp30.py")]
    case .jeromq:
      let library = "/usr/share/java/jeromq.jar"
      try #require(
        FileManager.default.fileExists(atPath: library), "there is no \(library): make test-peers installs it")
      try await Tool.run("javac", "-cp", library, "-d", folder.path, Repository.script("Idle.java"))
      return ["java", "-Xshare:auto", "-cp", "\(library):\(folder.path)", "Idle"]
    }
  }

  @Test(
    arguments: [
      ("MDPW01", "it says an empty part and \"MDPW01\""), ("MDPW01 without a delimiter", "it says \"MDPW01\""),
      ("nonsense", "it says \"nonsense\""),
    ])
  func aWorkerOfAnotherVersion(_ kind: String, _ reason: String) async throws {
    let broker = try await RunningBroker.start()
    let worker = try Python.start("foreign_worker.py", [kind, broker.backend])
    defer { worker.send(SIGKILL) }
    func warnings() -> [Substring] {
      broker.process.errors.lines.filter { $0.hasSuffix(" a worker does not speak MDPW02") }
    }
    #expect(try await eventually { !warnings().isEmpty }, "\(broker.process.errors.text)")
    try await Task.sleep(for: .seconds(1))
    #expect(warnings().count == 1 && warnings().first?.contains("reason=\(reason) ") == true, "\(warnings())")
    #expect(broker.joined == 0 && !broker.process.hasEnded)
  }

  @Test func whoeverComesToTheWrongEndOfABrokerIsToldOfInTheLog() async throws {
    let broker = try await RunningBroker.start()
    let worker = try ChildProcess([Waybill.path(), "worker", sample, "--broker", broker.frontend])
    defer { worker.send(SIGKILL) }
    let client = try ChildProcess([Waybill.path(), "images", "--endpoint", broker.backend, "--timeout", "1"])
    defer { client.send(SIGKILL) }
    func warnings(_ text: String) -> Int { broker.process.errors.lines.count { $0.contains(text) } }
    let (ofWorker, ofClient) = ("a worker has come to the frontend", "clients connect to the frontend")
    #expect(
      try await eventually { warnings(ofWorker) == 1 && warnings(ofClient) == 1 }, "\(broker.process.errors.text)")
    #expect(try await eventually { worker.errors.text.contains("or that is its frontend") }, "\(worker.errors.text)")
    try await Task.sleep(for: .seconds(2))
    #expect(warnings(ofWorker) == 1 && warnings(ofClient) == 1, "\(broker.process.errors.text)")
  }

  @Test func aBrokerOfAnotherVersion() async throws {
    let port = try await Python.freePorts(1)[0]
    let broker = try Python.start("foreign_broker.py", ["\(port)"])
    defer { broker.send(SIGKILL) }
    let worker = try ChildProcess([Waybill.path(), "worker", sample, "--broker", "tcp://127.0.0.1:\(port)"])
    defer { worker.send(SIGKILL) }
    let reason = "reason=the broker does not speak MDPW02: it says \"MDPW01\" "
    #expect(try await eventually { worker.errors.text.contains(reason) }, "\(worker.errors.text)")
    try await Task.sleep(for: .seconds(1))
    #expect(worker.errors.lines.count { $0.contains(reason) } == 1, "\(worker.errors.text)")
  }

  /// The guide's programs, libmdp and majortomo say something every 2.5 seconds.
  @Test func heartbeatsOfTwoAndAHalfSeconds() async throws {
    let broker = try await RunningBroker.start()
    let worker = try Python.start("foreign_worker.py", ["MDPW02", broker.backend])
    defer { worker.send(SIGKILL) }
    #expect(try await eventually { broker.joined == 1 }, "\(worker.errors.text)")
    try await Task.sleep(for: .seconds(11))
    #expect(broker.joined == 1 && !broker.process.errors.text.contains(" lost"), "\(broker.process.errors.text)")
    let strict = try await RunningBroker.start(["--heartbeat-interval", "0.2", "--heartbeat-liveness", "5"])
    let other = try Python.start("foreign_worker.py", ["MDPW02", strict.backend])
    defer { other.send(SIGKILL) }
    let isLost = try await eventually { strict.process.errors.text.contains("reason=it sent no heartbeat") }
    #expect(isLost, "\(strict.process.errors.text)")
  }
}
