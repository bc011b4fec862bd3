import Foundation
import Testing

/// More clients than descriptors.
@Suite(.fewAtOnce) struct CrowdTests {
  struct Endpoint {
    let command: String
    let transport: String
  }

  static let endpoints = ["worker", "broker"].flatMap { command in
    ["ipc", "tcp"].map { Endpoint(command: command, transport: $0) }
  }

  /// The limit of descriptors, which the server is to raise from half of it: one that is usual, and with
  /// `make test-crowd` one that takes most of 20,000 clients.
  static let limits = ProcessInfo.processInfo.environment["CROWD"] == nil ? [1_024] : [1_024, 16_384]

  @Test(arguments: endpoints, limits)
  func whoeverIsConnectedIsServed(by endpoint: Endpoint, limit: Int) async throws {
    let (command, transport) = (endpoint.command, endpoint.transport)
    let folder = try TemporaryFolder()
    let store = "\(folder.path)/store"
    try FileManager.default.copyItem(atPath: Repository.sampleLayout, toPath: store)
    let address = transport == "ipc" ? "ipc://\(folder.path)/waybill.sock" : "tcp://127.0.0.1:*"
    // The server also inherits what confuses one that looks for libzmq's epoll set among its descriptors.
    let launcher = try [
      "prlimit", "--nofile=\(limit / 2):\(limit)", Python.interpreter(), Repository.script("with_epoll.py"),
    ]
    let (server, endpoint, processes) = try await start(command, at: address, serving: "oci:\(store)", by: launcher)
    defer { for process in processes { process.send(SIGKILL) } }

    let steady = try Python.start("steady.py", [endpoint])
    defer { steady.send(SIGKILL) }
    #expect(try await eventually { steady.output.lines.first == "6" }, "\(steady.errors.text)")
    // Two processes, as a client needs a descriptor for each connection too.
    let crowds = try (0..<2).map { _ in try Python.start("crowd.py", [endpoint, "10000"]) }
    defer { for crowd in crowds { crowd.send(SIGKILL) } }
    let first = try await results(of: crowds, 1)

    // Full: nobody dies, no core spins, and the store is still read.
    let isFull = server.errors.lines.contains { $0.hasSuffix(" too many connections: new ones wait") }
    #expect(isFull, "\(server.errors.text)")
    // An eighth of the descriptors is kept.
    let bound = limit - limit / 8
    let served = first.map(\.served).reduce(0, +)
    #expect(served > bound / 4 && served < bound)
    let before = try cpuTime(of: server)
    try await Task.sleep(for: .seconds(2))
    let used = try cpuTime(of: server) - before
    #expect(used < .milliseconds(600))
    try Self.removeTwoImages(from: store)
    #expect(try await eventually { steady.output.lines.last == "4" })

    for crowd in crowds { crowd.send(SIGUSR1) }
    let last = try await results(of: crowds, 2)
    for crowd in crowds { #expect(try await crowd.exitCode() == 0, "\(crowd.errors.text)") }
    let isOver = try await eventually {
      server.errors.lines.contains { $0.hasSuffix(" accepting connections again") }
    }
    #expect(isOver, "\(server.errors.text)")
    steady.send(SIGTERM)
    #expect(try await steady.exitCode() == 0)
    let wait = try JSONDecoder().decode(Steady.self, from: Data((steady.output.lines.last ?? "").utf8))
    #expect(wait.longest < 5)
    server.send(SIGTERM)
    #expect(try await server.exitCode(within: .seconds(5)) == 0)
    print(
      """
      \(command), \(transport), \(limit) descriptors: \(served) served at once in \
      \(first.map(\.seconds).max() ?? 0) s, \(last.map(\.served).reduce(0, +)) in all, the others \
      \(last.map(\.seconds).max() ?? 0) s after those began to leave; \(used) of a core in 2 s while full; the longest \
      of \(wait.asked) waits \(wait.longest) s
      """)
  }

  private struct Crowd: Decodable {
    let served: Int
    let seconds: Double
  }

  private struct Steady: Decodable {
    let asked: Int
    let longest: Double
  }

  private func start(
    _ command: String, at address: String, serving source: String, by launcher: [String]
  ) async throws -> (ChildProcess, endpoint: String, all: [ChildProcess]) {
    guard command == "broker" else {
      let worker = try await RunningWorker.start(serving: [source], at: ["--bind", address], by: launcher)
      return (worker.process, worker.endpoint, [worker.process])
    }
    let broker = try await RunningBroker.start(frontend: address, by: launcher)
    let worker = try ChildProcess([Waybill.path(), "worker", source, "--broker", broker.backend])
    #expect(try await eventually { broker.joined == 1 }, "\(worker.errors.text)")
    return (broker.process, broker.frontend, [broker.process, worker])
  }

  private func results(of crowds: [ChildProcess], _ number: Int) async throws -> [Crowd] {
    let areThere = try await eventually(within: .seconds(60)) {
      crowds.allSatisfy { $0.output.lines.count >= number || $0.hasEnded }
    }
    try #require(areThere && crowds.allSatisfy { $0.output.lines.count >= number }, "\(crowds.map(\.errors.text))")
    return try crowds.map { crowd in
      try JSONDecoder().decode(Crowd.self, from: Data(crowd.output.lines[number - 1].utf8))
    }
  }

  /// The time that a process had on any core so far.
  private func cpuTime(of process: ChildProcess) throws -> Duration {
    let text = try String(contentsOfFile: "/proc/\(process.pid)/stat", encoding: .utf8)
    // Behind the name, which may have spaces: user and system time are the 12th and 13th, in ticks.
    let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
    let ticks = try #require(
      fields.count > 12 ? Int(fields[11]).flatMap { user in Int(fields[12]).map { user + $0 } } : nil)
    return .milliseconds(ticks * 1_000 / sysconf(Int32(_SC_CLK_TCK)))
  }

  /// Removes the last entry of the index, which is itself an index of two images.
  private static func removeTwoImages(from store: String) throws {
    let path = "\(store)/index.json"
    var index = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: path))) as? [String: Any])
    let manifests = try #require(index["manifests"] as? [Any])
    index["manifests"] = Array(manifests.dropLast())
    try JSONSerialization.data(withJSONObject: index).write(to: URL(filePath: path), options: .atomic)
  }
}
