import Foundation
import Testing

/// A worker or broker in a state in which it waits for something, to be told to stop.
struct BusyProcess {
  let process: ChildProcess
  /// What keeps it in its state.
  var others: [ChildProcess] = []
  /// Folders that must stay as long.
  var files: [any Sendable] = []

  func end() {
    for process in others + [process] { process.send(SIGKILL) }
  }

  enum State: String, CaseIterable, CustomTestStringConvertible {
    case idle
    case refusedByTheBroker
    case refusedByTheProxy
    case brokerGone
    case joining
    case noDescriptorLeft
    case memberWithoutDescriptor
    case readingAHundredThousandImages
    case beforeAnySourceWasRead
    case clientsPagingThroughAPool
    case peerThatNeverReads
    case peerThatNeverReadsBehindThreads
    case brokerWithClientsPaging
    case brokerWithAWorkerThatHangs
    case brokerWithoutDescriptor

    var testDescription: String { rawValue }
  }

  private static let sample = "oci:\(Repository.sampleLayout)"

  /// Starts what the state needs, and waits until the process is in it.
  static func start(in state: State) async throws -> BusyProcess {
    switch state {
    case .idle: try await BusyProcess(process: RunningWorker.start(serving: [sample]).process)
    case .refusedByTheBroker: try await refusedByTheBroker()
    case .refusedByTheProxy: try await refusedByTheProxy()
    case .brokerGone: try await brokerGone()
    case .joining: try await joining()
    case .noDescriptorLeft:
      try await withoutDescriptors(BusyProcess(process: RunningWorker.start(serving: [sample]).process))
    case .memberWithoutDescriptor: try await withoutDescriptors(brokerGone())
    case .readingAHundredThousandImages:
      try await readingLargeStore(["--bind", "tcp://127.0.0.1:*"], until: "listening")
    case .beforeAnySourceWasRead: try await readingLargeStore(["--broker", "tcp://127.0.0.1:1"], until: "joining")
    case .clientsPagingThroughAPool: try await paging { worker, _ in worker }
    case .peerThatNeverReads: try await neverRead(threads: 1)
    case .peerThatNeverReadsBehindThreads: try await neverRead(threads: 2)
    case .brokerWithClientsPaging: try await paging { _, broker in broker }
    case .brokerWithAWorkerThatHangs: try await hangingWorker()
    case .brokerWithoutDescriptor: try await withoutDescriptors(paging { _, broker in broker })
    }
  }

  // MARK: - Workers

  private static func worker(_ arguments: [String], until event: String) async throws -> ChildProcess {
    let process = try ChildProcess([Waybill.path(), "worker"] + arguments)
    let isThere = try await eventually(within: .seconds(30)) {
      process.hasEnded || process.errors.lines.contains { $0.hasSuffix(" \(event)") }
    }
    try #require(isThere && !process.hasEnded, "not \(event): \(process.errors.text)")
    return process
  }

  private static func refusedByTheBroker() async throws -> BusyProcess {
    let keys = try await Keys()
    try await keys.make("worker")
    let broker = try await RunningBroker.start([
      "--curve-key", keys.secret("server"), "--authorized-keys", "any", "--authorized-workers", keys.authorized,
    ])
    let worker = try await worker(
      [sample, "--broker", broker.backend] + keys.client("worker"), until: "joining again")
    #expect(worker.errors.text.contains("the broker does not allow this worker's key"), "\(worker.errors.text)")
    return BusyProcess(process: worker, others: [broker.process], files: [keys])
  }

  private static func refusedByTheProxy() async throws -> BusyProcess {
    let keys = try await Keys()
    try await keys.make("worker")
    let places = try await Python.freePorts(2).map { "tcp://127.0.0.1:\($0)" }
    let proxy = try Python.start("curve_proxy.py", [keys.secret("server"), keys.authorized] + places)
    let worker = try await worker(
      [sample, "--connect", places[1]] + keys.client("worker"), until: "connecting again")
    return BusyProcess(process: worker, others: [proxy], files: [keys])
  }

  private static func brokerGone() async throws -> BusyProcess {
    let broker = try await RunningBroker.start()
    let worker = try await broker.startWorker()
    broker.process.send(SIGKILL)
    #expect(
      try await eventually { worker.errors.lines.contains { $0.hasSuffix(" joining again") } }, "\(worker.errors.text)")
    return BusyProcess(process: worker)
  }

  /// The kernel takes the connection for a broker that says nothing.
  private static func joining() async throws -> BusyProcess {
    let broker = try await RunningBroker.start()
    broker.process.send(SIGSTOP)
    let worker = try await worker([sample, "--broker", broker.backend], until: "read")
    // Until READY is on its way.
    try await Task.sleep(for: .milliseconds(300))
    return BusyProcess(process: worker, others: [broker.process])
  }

  /// In the midst of reading the images of a store, by several threads, after its index was read.
  static func reading(_ store: LargeStore) async throws -> BusyProcess {
    let worker = try await worker(["oci:\(store.path)", "--bind", "tcp://127.0.0.1:*"], until: "listening")
    #expect(
      try await eventually(within: .seconds(60)) { try Threads(of: worker).all.contains { $0.name == "waybill-read" } })
    #expect(!worker.errors.lines.contains { $0.hasSuffix(" read") }, "\(worker.errors.text)")
    return BusyProcess(process: worker, files: [store])
  }

  private static func readingLargeStore(_ arguments: [String], until event: String) async throws -> BusyProcess {
    let store = try await LargeStore.shared()
    let worker = try await worker(["oci:\(store.path)"] + arguments, until: event)
    #expect(!worker.errors.lines.contains { $0.hasSuffix(" read") }, "\(worker.errors.text)")
    return BusyProcess(process: worker, files: [store])
  }

  private static func neverRead(threads: Int) async throws -> BusyProcess {
    let worker = try await RunningWorker.start(
      serving: [sample], at: ["--bind", "tcp://127.0.0.1:*", "--threads", "\(threads)"])
    let client = try Python.start("never_reads.py", [worker.endpoint])
    #expect(try await eventually { client.hasEnded || client.output.text.hasSuffix("\n") }, "\(client.errors.text)")
    return BusyProcess(process: worker.process, others: [client])
  }

  // MARK: - Pools

  private static func paging(
    _ choose: (_ worker: ChildProcess, _ broker: ChildProcess) -> ChildProcess
  ) async throws -> BusyProcess {
    let broker = try await RunningBroker.start()
    let worker = try await broker.startWorker()
    let clients = try Python.start("paging.py", [broker.frontend, "32"])
    #expect(
      try await eventually { clients.hasEnded || clients.output.text == "paging\n" }, "\(clients.errors.text)")
    return BusyProcess(process: choose(worker, broker.process), others: [clients, worker, broker.process])
  }

  private static func hangingWorker() async throws -> BusyProcess {
    let broker = try await RunningBroker.start(["--deadline", "60", "--retry-after", "60"])
    let worker = try await broker.startWorker()
    worker.send(SIGSTOP)
    let client = try ChildProcess([Waybill.path(), "images", "--endpoint", broker.frontend, "--timeout", "60"])
    #expect(try await eventually { try Threads(of: client).all.count > 2 })
    return BusyProcess(process: broker.process, others: [worker, client])
  }

  // MARK: - Descriptors

  /// Takes from a process that runs the right to open one more descriptor.
  private static func withoutDescriptors(_ busy: BusyProcess) async throws -> BusyProcess {
    let pid = busy.process.pid
    let open = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/fd")
    try await Tool.run("prlimit", "--pid", "\(pid)", "--nofile=\(open.count):\(open.count)")
    return busy
  }
}
