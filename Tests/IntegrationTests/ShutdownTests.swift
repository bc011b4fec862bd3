import Foundation
import Testing

/// SIGTERM is obeyed within five seconds in every state, and a second signal at once.
@Suite(.fewAtOnce) struct ShutdownTests {
  @Test(arguments: BusyProcess.State.allCases)
  func theFirstSignalIsObeyed(_ state: BusyProcess.State) async throws {
    let busy = try await BusyProcess.start(in: state)
    defer { busy.end() }
    #expect(!busy.process.hasEnded)
    let start = ContinuousClock.now
    busy.process.send(SIGTERM)
    let code = try await busy.process.exitCode(within: .seconds(20))
    let time = start.duration(to: .now)
    print("SIGTERM, \(state): \(time)")
    #expect(code == 0, "\(busy.process.errors.text)")
    #expect(time < .seconds(5))
    #expect(busy.process.errors.lines.last?.hasSuffix(" stopped") == true, "\(busy.process.errors.text)")
  }

  @Test(arguments: BusyProcess.State.allCases, [SIGTERM, SIGINT])
  func theSecondSignalEndsTheProcess(_ state: BusyProcess.State, _ second: CInt) async throws {
    // Each state once, with one of the signals.
    guard (state.rawValue.count % 2 == 0) == (second == SIGTERM) else { return }
    let busy = try await BusyProcess.start(in: state)
    defer { busy.end() }
    busy.process.send(SIGTERM)
    try await Task.sleep(for: .milliseconds(50))
    let start = ContinuousClock.now
    busy.process.send(second)
    let code = try await busy.process.exitCode(within: .seconds(20))
    let time = start.duration(to: .now)
    print("a second signal, \(state): \(time), exit code \(code)")
    // A process that stops at the first signal may have stopped before the second.
    #expect(code == 128 + second || code == 0, "\(busy.process.errors.text)")
    #expect(time < .seconds(1.5))
    switch state {
    case .peerThatNeverReads, .peerThatNeverReadsBehindThreads, .brokerWithAWorkerThatHangs: #expect(code != 0)
    default: break
    }
  }

  /// timeout(1) sends its signal to the program and to the program's group.
  @Test func aSignalThatComesTwiceAtOnceIsOne() async throws {
    let folder = try TemporaryFolder()
    let socket = "\(folder.path)/waybill.sock"
    let result = try await Tool.finish([
      "timeout", "2", Waybill.path(), "worker", "oci:\(Repository.sampleLayout)", "--bind", "ipc://\(socket)",
    ])
    #expect(result.exitCode == 124 && result.errors.hasSuffix(" stopped\n"), "\(result)")
    #expect(!FileManager.default.fileExists(atPath: socket))
  }

  @Test func aTerminalThatIsClosedIsASignalUnlessToldOtherwise() async throws {
    for launcher in [[], ["nohup"]] {
      let worker = try await RunningWorker.start(
        serving: ["oci:\(Repository.sampleLayout)"], at: ["--bind", "tcp://127.0.0.1:*"], by: launcher)
      worker.process.send(SIGHUP)
      if launcher.isEmpty {
        #expect(try await worker.process.exitCode(within: .seconds(5)) == 0)
        #expect(worker.process.errors.lines.last?.hasSuffix(" stopped") == true)
      } else {
        try await Task.sleep(for: .seconds(1))
        #expect(!worker.process.hasEnded)
        worker.process.send(SIGTERM)
        #expect(try await worker.process.exitCode(within: .seconds(5)) == 0)
      }
    }
  }

  /// Whoever reads the log may die: the next line is lost, and nothing else.
  @Test func aLogThatNobodyReads() async throws {
    let folder = try TemporaryFolder()
    let store = "\(folder.path)/images"
    try FileManager.default.copyItem(atPath: Repository.sampleLayout, toPath: store)
    let code = try await Python.run(
      "deaf_log.py", Waybill.path(), store, "ipc://\(folder.path)/waybill.sock", as: Int.self)
    #expect(code == 0)
  }

  @Test func aSignalDuringTheStart() async throws {
    for milliseconds in stride(from: 0, to: 60, by: 4) {
      let process = try ChildProcess([
        Waybill.path(), "worker", "oci:\(Repository.sampleLayout)", "--bind", "tcp://127.0.0.1:*",
      ])
      try await Task.sleep(for: .milliseconds(milliseconds))
      process.send(SIGTERM)
      let code = try await process.exitCode(within: .seconds(3))
      // Before the program has taken the signal, the kernel ends it.
      #expect(code == 0 || code == -SIGTERM, "\(process.errors.text)")
    }
  }

  /// Refused for so long that every wait between two attempts is as long as it gets.
  @Test func aWorkerThatIsAuthorizedLaterJoins() async throws {
    let keys = try await Keys()
    try await keys.make("worker")
    let places = try await Python.freePorts(2).map { "tcp://127.0.0.1:\($0)" }
    let proxy = try Python.start("curve_proxy.py", [keys.secret("server"), keys.authorized] + places)
    defer { proxy.send(SIGKILL) }
    let broker = try await RunningBroker.start([
      "--curve-key", keys.secret("server"), "--authorized-keys", "any", "--authorized-workers", keys.authorized,
    ])
    let worker = try ChildProcess(
      [
        Waybill.path(), "worker", "oci:\(Repository.sampleLayout)", "--broker", broker.backend, "--connect", places[1],
      ] + keys.client("worker"))
    defer { worker.send(SIGKILL) }
    func count(_ event: String) -> Int { worker.errors.lines.count { $0.hasSuffix(" \(event)") } }
    #expect(try await eventually { count("joining again") == 1 && count("connecting again") == 1 })
    try await Task.sleep(for: .seconds(10))
    #expect(broker.joined == 0 && count("joined") == 0 && count("connected") == 0, "\(worker.errors.text)")

    let start = ContinuousClock.now
    try keys.authorize("worker")
    let hasJoined = try await eventually { broker.joined == 1 && count("joined") == 1 && count("connected") == 1 }
    let time = start.duration(to: .now)
    print("authorized after 10 s: joined the broker and the proxy after \(time)")
    #expect(hasJoined, "\(worker.errors.text)")
    #expect(time < .seconds(3))
    // Once when it began, and once when it was over.
    #expect(count("joining") == 1 && count("joining again") == 1 && count("connecting again") == 1)
    let asked = try await Waybill.run(["images", "-q", "--endpoint", places[0]])
    #expect(asked.exitCode == 0, "\(asked)")
    worker.send(SIGTERM)
    #expect(try await worker.exitCode(within: .seconds(5)) == 0)
  }

  @Test func threadsHaveNamesAndThoseThatReadGiveWay() async throws {
    let busy = try await BusyProcess.reading(LargeStore(images: 5_000))
    defer { busy.end() }
    let threads = try Threads(of: busy.process).all
    let names = Set(threads.map(\.name))
    #expect(
      names.isSuperset(of: ["waybill-worker", "waybill-rep", "waybill-source", "waybill-read", "waybill-signals"]),
      "\(names)")
    let reading = threads.filter { ["waybill-source", "waybill-read"].contains($0.name) }
    #expect(reading.count >= 2 && reading.allSatisfy { $0.nice == 10 }, "\(reading)")
    let others = threads.filter { !["waybill-source", "waybill-read"].contains($0.name) }
    // Dispatch gives its own threads more than others where it may.
    #expect(others.allSatisfy { $0.nice <= 0 }, "\(others)")

    busy.process.send(SIGTERM)
    #expect(try await busy.process.exitCode(within: .seconds(5)) == 0, "\(busy.process.errors.text)")
  }
}
