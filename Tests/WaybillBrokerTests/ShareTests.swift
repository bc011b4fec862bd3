import CurveSecurity
import Foundation
import ImageWire
import ServiceTesting
import Synchronization
import Testing
import WaybillServer
import ZeroMQ

@testable import WaybillBroker

/// Polite clients beside one that sends without pause and one that never reads.
@Suite struct ShareTests {
  @Test("A client that sends without pause and one that never reads leave ten others their share")
  func shares() async throws {
    let peers = Peers()
    let tally = Tally()
    try await withBroker(maxOutstandingBytes: 256 << 20) { frontend, backend, log in
      for _ in 0..<2 { startWorker(backend, peers, tally) }
      let areIn = eventually { log.entries.count { $0.message == "worker joined" } == 2 }
      try #require(areIn)
      let alone = try askPolitely(frontend, tally)
      startFlood(frontend, peers, tally)
      startDeaf(frontend, peers, tally)
      let areAtWork = eventually {
        tally.refused.load(ordering: .relaxed) > 1_000 && tally.largeServed.load(ordering: .relaxed) > 5
      }
      try #require(areAtWork, "the greedy clients do not get far enough")
      let start = ContinuousClock.now
      let before = tally.floodServed.load(ordering: .relaxed)
      let beside = try askPolitely(frontend, tally)
      let flood = Double(tally.floodServed.load(ordering: .relaxed) - before) / (start.duration(to: .now) / .seconds(1))
      print(
        "ten polite clients alone: \(alone); beside the two others: \(beside); the flood got \(Int(flood)) a second")
      print("refused of the flood: \(tally.refused.load(ordering: .relaxed))")
      #expect(alone.wrong == 0 && beside.wrong == 0)
      // In one queue for all they would be behind thousands.
      #expect(beside.overtaken < 500)
      peers.end()
      #expect(peers.failed == 0)
    }
  }

  @Test("All connections with one key are one client", .enabled(if: CurveKeyPair.isSupported))
  func shareOfKey() async throws {
    let (keys, alice, bob) = (try CurveKeyPair.generate(), try CurveKeyPair.generate(), try CurveKeyPair.generate())
    let folder = "\(NSTemporaryDirectory())/waybill-\(UUID().uuidString.prefix(8))"
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    for (name, key) in [("alice", alice), ("bob", bob)] {
      let certificate = "curve\n    public-key = \"\(key.publicKey)\"\n"
      try Data(certificate.utf8).write(to: URL(filePath: "\(folder)/\(name).key"))
    }
    let limits = DispatchLimits(deadline: .seconds(60), retryAfter: .seconds(60), maxWaiting: 10, maxInFlight: 1)
    try await withBroker(limits, clientSecurity: .curve(keys, clients: .folder(folder))) { frontend, backend, log in
      func open(_ own: CurveKeyPair) throws -> Socket {
        try openDealer(frontend, as: .curve(ServerKeys(keys.publicKey), own))
      }
      func ask(_ socket: borrowing Socket, _ body: UInt8) throws {
        let isSent = try socket.sendIfReady(parts: [[], [body]])
        #expect(isSent)
      }
      func isRefused(_ socket: borrowing Socket) throws -> Bool {
        let answer = try socket.receiveMultipart(maxParts: 2, maxBytes: 1_000)
        return answer.withFrame(1) { Array($0) } == packed { $0.pack(DispatchError.shareUsed.error, in: .plain) }
      }
      let worker = try FakeMajordomoWorker(backend)
      try worker.join(log)
      let first = try open(alice)
      try ask(first, 1)
      var (address, body) = try worker.takeRequest()
      for _ in 1...7 { try ask(first, 1) }
      let isFirstRefused = try isRefused(first)
      #expect(isFirstRefused)
      let second = try open(alice)
      try ask(second, 1)
      let isSecondRefused = try isRefused(second)
      #expect(isSecondRefused)
      // The other key has room, and its turn next but one at the latest.
      let other = try open(bob)
      try ask(other, 2)
      for _ in 0..<20 where body != [[2]] {
        try worker.answer(address, [3])
        (address, body) = try worker.takeRequest()
      }
      try worker.answer(address, [4])
      let answer = try other.receiveMultipart(maxParts: 2, maxBytes: 1_000).withFrame(1) { Array($0) }
      #expect(answer == [4])
    }
  }

  /// What the peers have done.
  private final class Tally: Sendable {
    let floodServed = Atomic(0)
    let largeServed = Atomic(0)
    let refused = Atomic(0)
  }

  /// The reply to the client that never reads.
  private final class Large: Sendable {
    // Written before anybody else has it.
    nonisolated(unsafe) let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 48_000_000, alignment: 1)

    init() { bytes.initializeMemory(as: UInt8.self, repeating: 7) }
    deinit { bytes.deallocate() }
  }

  private static let polite: [UInt8] = [1]
  private static let flood: [UInt8] = [2]
  private static let large: [UInt8] = [3]

  /// A worker that answers by what it was asked, or by 48 MB.
  private func startWorker(_ backend: String, _ peers: Peers, _ tally: Tally) {
    let large = Large()
    peers.start {
      let worker = try FakeMajordomoWorker(backend, timeout: .milliseconds(100))
      try worker.say(.ready, [Majordomo.service])
      return worker
    } _: { (worker: borrowing FakeMajordomoWorker) in
      do throws(ZeroMQError) {
        let (command, parts) = try worker.next()
        guard command == .request, parts.count == 3 else { return }
        if parts[2] == Self.flood { tally.floodServed.add(1, ordering: .relaxed) }
        guard parts[2] == Self.large else { return try worker.answer(parts[0], parts[2]) }
        tally.largeServed.add(1, ordering: .relaxed)
        for part in [Majordomo.header, [Majordomo.Command.final.rawValue], parts[0], []] as [[UInt8]] {
          try worker.socket.send(part, more: true)
        }
        let reply = try Message(lending: UnsafeRawBufferPointer(large.bytes), keepingAlive: large)
        try worker.socket.send(reply)
      } catch {
        guard error.code == .timedOut else { throw error }
        try worker.say(.heartbeat)
      }
    }
  }

  /// Sends as long as its socket takes anything, and reads what comes back.
  private func startFlood(_ frontend: String, _ peers: Peers, _ tally: Tally) {
    peers.start {
      try openDealer(frontend)
    } _: { (socket) in
      var isIdle = true
      for _ in 0..<100 where try socket.sendIfReady(parts: [[], Self.flood]) { isIdle = false }
      var answer = MultipartMessage()
      while try socket.receiveIfReady(into: &answer, maxParts: 2, maxBytes: 1_000) {
        isIdle = false
        if answer.withFrame(1, { $0.byteCount }) > 1 { tally.refused.add(1, ordering: .relaxed) }
      }
      if isIdle { Thread.sleep(forTimeInterval: 0.001) }
    }
  }

  /// Asks for 48 MB again and again, and never reads.
  private func startDeaf(_ frontend: String, _ peers: Peers, _ tally: Tally) {
    peers.start {
      try openDealer(frontend, receiveHighWaterMark: 1)
    } _: { (socket) in
      _ = try socket.sendIfReady(parts: [[], Self.large])
      Thread.sleep(forTimeInterval: 0.05)
    }
  }

  /// How ten clients fared that each ask for an answer, and then for the next.
  private struct Politeness: CustomStringConvertible {
    var times: [Duration] = []
    /// How many requests of the flood were served between a question and its answer.
    var floods: [Int] = []
    var wrong = 0
    var elapsed = Duration.zero

    var overtaken: Int { floods.isEmpty ? 0 : floods.sorted()[floods.count / 2] }

    var description: String {
      let sorted = times.sorted()
      func milliseconds(_ part: Double) -> String {
        String(format: "%.1f ms", sorted[Int(Double(sorted.count - 1) * part)] / .milliseconds(1))
      }
      return "\(Int(Double(times.count) / (elapsed / .seconds(1)))) a second, p50 \(milliseconds(0.5)), "
        + "p99 \(milliseconds(0.99)), longest \(milliseconds(1)), overtaken by \(overtaken)"
    }
  }

  private func askPolitely(_ frontend: String, _ tally: Tally) throws -> Politeness {
    let results = Results()
    let start = ContinuousClock.now
    for _ in 0..<10 {
      Thread.detachNewThread {
        var result = Politeness()
        do {
          let socket = try openRequester(frontend, timeout: .seconds(20))
          while start.duration(to: .now) < .seconds(3) {
            let (began, flood) = (ContinuousClock.now, tally.floodServed.load(ordering: .relaxed))
            try socket.send(Self.polite)
            if try socket.receive().bytes != Self.polite { result.wrong += 1 }
            result.times.append(began.duration(to: .now))
            result.floods.append(tally.floodServed.load(ordering: .relaxed) - flood)
          }
        } catch {
          result.wrong += 1
        }
        results.append(result)
      }
    }
    let areDone = eventually { results.all.count == 10 }
    try #require(areDone)
    var total = Politeness()
    total.elapsed = start.duration(to: .now)
    for result in results.all {
      total.times += result.times
      total.floods += result.floods
      total.wrong += result.wrong
    }
    return total
  }

  private final class Results: @unchecked Sendable {
    // Guarded by the lock.
    private var results: [Politeness] = []
    private let lock = NSLock()

    var all: [Politeness] { lock.withLock { results } }
    func append(_ result: Politeness) { lock.withLock { results.append(result) } }
  }
}
