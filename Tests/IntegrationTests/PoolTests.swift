import Foundation
import Testing

/// Pools of workers behind a broker, whose members and brokers die, hang, leave and come back under load.
@Suite(.fewAtOnce) struct PoolTests {
  @Test func aHundredThousandRequestsAreAnsweredOnceWhileWorkersDieHangAndLeave() async throws {
    let count = 100_000
    let broker = try await RunningBroker.start(["--heartbeat-liveness", "5"])
    var workers: [ChildProcess] = []
    for _ in 0..<3 { workers.append(try await broker.startWorker()) }
    let load = try await Load.start(count, rate: 10_000, at: broker.frontend)
    var killed = 0
    func killOne() async throws {
      workers.removeFirst().send(SIGKILL)
      workers.append(try await broker.startWorker())
      killed += 1
      try await Task.sleep(for: .seconds(2))
    }
    let stopped = workers.removeLast()
    let leaving = workers.removeLast()
    workers.append(try await broker.startWorker())
    stopped.send(SIGSTOP)
    leaving.send(SIGTERM)
    #expect(try await leaving.exitCode(within: .seconds(10)) == 0)
    for _ in 0..<2 { try await killOne() }
    try await Task.sleep(for: .seconds(1))
    stopped.send(SIGCONT)
    while !load.hasEnded { try await killOne() }
    let result = try await Load(of: load)
    print("\(count) requests, \(killed) workers killed: \(result)")
    #expect(result.isWhole(count), "\(result)")
    // The one that hung is of use again.
    let joined = broker.joined
    for worker in workers { worker.send(SIGKILL) }
    #expect(stopped.errors.lines.contains { $0.hasSuffix(" joining again") }, "\(stopped.errors.text)")
    let status = try await Waybill.run(["status", "--endpoint", broker.frontend])
    #expect(status.exitCode == 0 && broker.joined == joined, "\(status)")
    broker.process.send(SIGTERM)
    #expect(try await broker.process.exitCode(within: .seconds(10)) == 0)
  }

  @Test func aBrokerThatIsKilledAndStartedAgainLosesNothingOfClientsThatAskAgain() async throws {
    let broker = try await RunningBroker.start()
    let workers = [try await broker.startWorker(), try await broker.startWorker()]
    let load = try await Load.start(20_000, rate: 4_000, timeout: 1, attempts: 30, at: broker.frontend)
    try await Task.sleep(for: .seconds(1))
    broker.process.send(SIGKILL)
    _ = try await broker.process.exitCode()
    try await Task.sleep(for: .seconds(1))
    let again = try await RunningBroker.start(frontend: broker.frontend, backend: broker.backend)
    let result = try await Load(of: load)
    print("a broker killed: \(result)")
    #expect(result.isWhole(20_000) && result.repeated > 0, "\(result)")
    #expect(again.joined == 2)
    for worker in workers { #expect(!worker.hasEnded) }
  }

  @Test func aBrokerThatHungLosesNothingOfClientsThatAskAgain() async throws {
    let broker = try await RunningBroker.start(["--deadline", "20"])
    let workers = [try await broker.startWorker(), try await broker.startWorker()]
    let load = try await Load.start(10_000, rate: 2_500, attempts: 100, at: broker.frontend)
    try await Task.sleep(for: .seconds(1))
    broker.process.send(SIGSTOP)
    // Longer than workers wait for a word of it: they all come anew at the same time, and until then there is none.
    try await Task.sleep(for: .seconds(3))
    broker.process.send(SIGCONT)
    let result = try await Load(of: load)
    print("a broker stopped for three seconds: \(result)")
    #expect(result.isWhole(10_000), "\(result)")
    for worker in workers { #expect(!worker.hasEnded) }
  }

  @Test func withTwoBrokersNoRequestWaitsLongerThanOneTimeout() async throws {
    let first = try await RunningBroker.start()
    let second = try await RunningBroker.start()
    let workers = [
      try await first.startWorker(["--broker", second.backend]),
      try await first.startWorker(["--broker", second.backend]),
    ]
    #expect(try await eventually { second.joined == 2 })
    let timeout = 3
    let load = try await Load.start(
      20_000, rate: 4_000, timeout: timeout, attempts: 10, at: second.frontend, first.frontend)
    try await Task.sleep(for: .seconds(1))
    first.process.send(SIGKILL)
    let result = try await Load(of: load)
    print("one of two brokers killed: \(result)")
    #expect(result.isWhole(20_000) && result.repeated > 0, "\(result)")
    // The timeout, and what the answer takes that comes after it.
    #expect(result.longest < Double(timeout) + 2)
    for worker in workers { #expect(!worker.hasEnded) }
    let asked = try await Waybill.run([
      "images", "-q", "--endpoint", first.frontend, "--endpoint", second.frontend, "--timeout", "1",
    ])
    #expect(asked.exitCode == 0 && asked.output.split(separator: "\n").count == 6, "\(asked)")
  }

  @Test func everyWorkerIsReplacedAndNoClientSeesAnError() async throws {
    let broker = try await RunningBroker.start()
    var workers: [ChildProcess] = []
    for _ in 0..<3 { workers.append(try await broker.startWorker()) }
    let load = try await Load.start(20_000, rate: 4_000, at: broker.frontend)
    for _ in 0..<3 {
      let old = workers.removeFirst()
      old.send(SIGTERM)
      #expect(try await old.exitCode(within: .seconds(10)) == 0)
      workers.append(try await broker.startWorker())
    }
    let result = try await Load(of: load)
    print("every worker replaced: \(result)")
    #expect(result.isWhole(20_000), "\(result)")
  }

  @Test func aSlowWorkerSlowsOnlyWhatItIsGiven() async throws {
    let broker = try await RunningBroker.start()
    let workers = [try await broker.startWorker(), try await broker.startWorker()]
    func load() async throws -> Load {
      let result = try await Load(of: Load.start(6_000, rate: 2_000, at: broker.frontend))
      #expect(result.isWhole(6_000), "\(result)")
      return result
    }
    let before = try await load()
    let slow = try Python.start("slow_worker.py", [broker.backend, broker.frontend, "0.05"])
    #expect(try await eventually { broker.joined == 3 }, "\(slow.errors.text)")
    let beside = try await load()
    print("a worker of 50 ms beside two others: \(beside); p99 without it \(before.p99) s")
    #expect(beside.slow > 10 && beside.slow < 600)
    // On a machine that is busy with something else everybody is slow, without the slow one too.
    #expect(beside.p99 < max(0.05, 3 * before.p99))
    #expect(workers.allSatisfy { !$0.hasEnded })
  }

  @Test(arguments: HostileTests.cases)
  func theNextClientIsServedByThePool(after case: String, _ outcome: String) async throws {
    let broker = try await RunningBroker.start()
    let worker = try await broker.startWorker()
    #expect(try await Python.run("hostile.py", broker.frontend, `case`, as: String.self) == outcome)
    #expect(!broker.process.hasEnded && !worker.hasEnded)
  }

  private struct Storm: Decodable {
    let connects: Int
    let halves: Int
    let slowest: Double
  }

  @Test func aStormOfConnectionsAndHalfMessagesHoldsUpNobody() async throws {
    let broker = try await RunningBroker.start()
    let worker = try await broker.startWorker()
    let deaf = try Python.start("never_reads.py", [broker.frontend])
    defer { deaf.send(SIGKILL) }
    #expect(try await eventually { deaf.hasEnded || deaf.output.text.hasSuffix("\n") }, "\(deaf.errors.text)")
    let before = try broker.process.residentMemory()
    let storm = try await Python.run("storm.py", broker.frontend, "4", as: Storm.self, within: .seconds(60))
    let after = try broker.process.residentMemory()
    print("\(storm), beside a client that never reads: \(before) kB before, \(after) kB after")
    #expect(storm.connects > 400 && storm.slowest < 2)
    #expect(after - before < 64 * 1_024)
    for process in [worker, broker.process] {
      process.send(SIGTERM)
      #expect(try await process.exitCode(within: .seconds(10)) == 0)
    }
  }

  @Test func aBrokerThatStopsAnswersWhatItHas() async throws {
    let broker = try await RunningBroker.start()
    let worker = try await broker.startWorker()
    struct Stopped: Decodable {
      let sent: Int
      let answered: Int
    }
    let clients = try await Python.run(
      "stop.py", broker.frontend, "\(broker.process.pid)", "\(SIGTERM)", as: Stopped.self)
    #expect(clients.sent == 1_000 && clients.answered == clients.sent)
    #expect(try await broker.process.exitCode(within: .seconds(10)) == 0)
    #expect(broker.process.errors.lines.last?.hasSuffix(" stopped") == true)
    // The worker looks for it, and leaves without it.
    worker.send(SIGTERM)
    #expect(try await worker.exitCode(within: .seconds(10)) == 0)
  }

  @Test func aWorkerServesItsOwnClientsAndSeveralPools() async throws {
    let first = try await RunningBroker.start()
    let second = try await RunningBroker.start()
    let arguments = [
      "--broker", first.backend, "--broker", second.backend, "--bind", "tcp://127.0.0.1:*", "--threads", "2",
    ]
    try await withWorker(serving: "oci:\(Repository.sampleLayout)", at: arguments) { (worker) async throws in
      #expect(try await eventually { first.joined == 2 && second.joined == 2 })
      for endpoint in [first.frontend, second.frontend, worker.endpoint] {
        let list = try await Waybill.run(["images", "-q", "--endpoint", endpoint])
        #expect(list.exitCode == 0 && list.output.split(separator: "\n").count == 6, "\(endpoint): \(list)")
      }
      worker.process.send(SIGTERM)
      #expect(try await worker.process.exitCode(within: .seconds(10)) == 0)
    }
  }

  /// Whoever asks while the broker is away is answered by the workers that come back to it.
  @Test func aBrokerThatStartsAgainWaitsForItsWorkers() async throws {
    let folder = try TemporaryFolder()
    let (frontend, backend) = ("ipc://\(folder.path)/frontend", "ipc://\(folder.path)/backend")
    var broker = try await RunningBroker.start(frontend: frontend, backend: backend)
    let worker = try await broker.startWorker()
    defer { worker.send(SIGKILL) }
    broker.process.send(SIGTERM)
    #expect(try await broker.process.exitCode(within: .seconds(5)) == 0)
    async let lists = withThrowingTaskGroup(of: Finished.self) { group in
      for _ in 0..<5 { group.addTask { try await Waybill.run(["images", "-q", "--endpoint", frontend]) } }
      return try await group.reduce(into: []) { $0.append($1) }
    }
    try await Task.sleep(for: .seconds(3))
    broker = try await RunningBroker.start(frontend: frontend, backend: backend)
    defer { broker.process.send(SIGKILL) }
    for list in try await lists { #expect(list.exitCode == 0, "\(list.errors)") }
  }

  @Test func withoutAWorkerTheClientIsTold() async throws {
    let broker = try await RunningBroker.start()
    let result = try await Waybill.run(["images", "--endpoint", broker.frontend, "--retries", "1"])
    #expect(result.exitCode == 69 && result.output.isEmpty)
    #expect(result.errors.hasPrefix("waybill: UNAVAILABLE: the broker has no worker"), "\(result.errors)")
  }
}
