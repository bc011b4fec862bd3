import Concurrency
import ImageRegistry
import Logging
import MessagePack
import ServiceTesting
import Synchronization
import Testing
import WaybillServer
import WaybillWorker
import ZeroMQ

/// A worker and a broker that does what brokers do not.
@Suite struct MajordomoWorkerTests {
  /// A ROUTER in place of a broker, which sends more requests at once than a worker can answer in its last half second.
  private final class FloodingBroker: Sendable {
    let endpoint = uniqueIPCEndpoint()
    let answers = Atomic(0)
    let hasLeft = Atomic(false)
    private let stop = StopSignal()

    func run() throws {
      let socket = try Socket(.router, in: Context())
      try socket.set(.linger, to: .zero)
      try socket.set(.receiveTimeout, to: .milliseconds(100))
      try socket.set(.sendHighWaterMark, to: nil)
      try socket.set(.receiveHighWaterMark, to: nil)
      try socket.bind(endpoint)
      var message = MultipartMessage()
      while !stop.isRaised {
        guard try socket.receiveInTime(into: &message) else { continue }
        let worker = message.withFrame(0) { Array($0) }
        switch Majordomo.Command(message, at: 1) {
        case .ready: for _ in 0..<50_000 { try request(from: worker, on: socket) }
        case .final: answers.add(1, ordering: .relaxed)
        case .disconnect: hasLeft.store(true, ordering: .relaxed)
        default: break
        }
      }
    }

    func end() { stop.raise() }

    private func request(from worker: [UInt8], on socket: borrowing Socket) throws {
      try socket.send(worker, more: true)
      try socket.send(.request, more: true)
      try socket.send(Array("client".utf8), more: true)
      try socket.send([], more: true)
      try socket.send(Self.page)
    }

    private static let page = packed { packer in
      packer.packMapHeader(1)
      packer.pack("limit")
      packer.pack(999)
    }
  }

  @Test("A member of a pool leaves within its time, though the broker goes on sending", .timeLimit(.minutes(1)))
  func drain() async throws {
    let broker = FloodingBroker()
    async let broking: Void = blocking { try broker.run() }
    let log = LogRecorder()
    let worker = Worker(
      WorkerConfiguration(endpoints: [.broker(broker.endpoint)], drainTime: .milliseconds(500)),
      registry: registry(of: (0..<1_000).map(String.init)), logger: log.logger)
    let running = Task { try await worker.run() }
    let isBusy = try await blocking { eventually { broker.answers.load(ordering: .relaxed) > 200 } }
    #expect(isBusy)
    let start = ContinuousClock.now
    running.cancel()
    try await running.value
    let time = start.duration(to: .now)
    #expect(time >= .milliseconds(500) && time < .seconds(3))
    let hasLeft = try await blocking { eventually { broker.hasLeft.load(ordering: .relaxed) } }
    #expect(hasLeft)
    broker.end()
    try await broking
    #expect(log.entries.map(\.message) == ["joining", "joined", "stopped"])
  }
}
