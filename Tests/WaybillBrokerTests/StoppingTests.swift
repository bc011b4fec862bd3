import Foundation
import ServiceTesting
import Synchronization
import Testing
import WaybillServer
import ZeroMQ

@testable import WaybillBroker

/// A broker is told to stop while its peers do not do what they should; `withBroker` sees to it that it stops in time.
@Suite struct StoppingTests {
  enum Trouble: CaseIterable {
    case fullQueue
    case clientThatNeverReads
    case clientThatNeverPauses
    case workerThatNeverReads
    case workerThatNeverPauses
  }

  @Test("A broker stops within five seconds, whatever its peers do", arguments: Trouble.allCases)
  func stops(_ trouble: Trouble) async throws {
    let peers = Peers()
    try await withBroker(DispatchLimits(deadline: .seconds(60), retryAfter: .seconds(60))) { frontend, backend, log in
      switch trouble {
      case .fullQueue: try fillQueue(frontend, backend, log, peers)
      case .clientThatNeverReads: try leaveUnread(frontend, backend, log, peers)
      case .clientThatNeverPauses: try flood(frontend, backend, log, peers)
      case .workerThatNeverReads: try fillWorker(frontend, backend, log, peers)
      case .workerThatNeverPauses: try babble(backend, log, peers)
      }
    }
    peers.end()
    #expect(peers.failed == 0)
  }

  private func waitForWorker(_ log: LogRecorder) throws {
    let isIn = eventually { log.entries.contains { $0.message == "worker joined" } }
    try #require(isIn)
  }

  /// A worker that joins, and then does whatever `turn` does.
  private func startWorker(
    _ backend: String, _ peers: Peers, receiveHighWaterMark: Int? = nil,
    _ turn: @escaping @Sendable (borrowing Socket) throws -> Void
  ) {
    peers.start {
      let socket = try openDealer(backend, receiveHighWaterMark: receiveHighWaterMark)
      for part in [Majordomo.header, [Majordomo.Command.ready.rawValue]] { try socket.send(part, more: true) }
      try socket.send(Majordomo.service)
      return socket
    } _: { (socket) in
      try turn(socket)
    }
  }

  private func fillQueue(_ frontend: String, _ backend: String, _ log: LogRecorder, _ peers: Peers) throws {
    startWorker(backend, peers) { _ in Thread.sleep(forTimeInterval: 0.01) }
    try waitForWorker(log)
    // Each client has a share; together they have nearly the whole queue.
    let refused = Refusals()
    for _ in 0..<8 {
      peers.start {
        try openDealer(frontend)
      } _: { (socket) in
        for _ in 0..<500 { _ = try socket.sendIfReady(parts: [[], [1]]) }
        var answer = MultipartMessage()
        while try socket.receiveIfReady(into: &answer, maxParts: 2, maxBytes: 1_000) {
          refused.count.add(1, ordering: .relaxed)
        }
        Thread.sleep(forTimeInterval: 0.01)
      }
    }
    let isFull = eventually { refused.count.load(ordering: .relaxed) > 1_000 }
    #expect(isFull)
  }

  private final class Refusals: Sendable {
    let count = Atomic(0)
  }

  private func leaveUnread(_ frontend: String, _ backend: String, _ log: LogRecorder, _ peers: Peers) throws {
    let worker = try FakeMajordomoWorker(backend)
    try worker.join(log)
    peers.start {
      let socket = try openDealer(frontend, receiveHighWaterMark: 1)
      for _ in 0..<10 { _ = try socket.sendIfReady(parts: [[], [1]]) }
      return socket
    } _: { _ in
      Thread.sleep(forTimeInterval: 0.01)
    }
    let large = [UInt8](repeating: 7, count: 16 << 20)
    for _ in 0..<10 { try worker.answer(try worker.takeRequest().address, large) }
  }

  private func flood(_ frontend: String, _ backend: String, _ log: LogRecorder, _ peers: Peers) throws {
    startWorker(backend, peers) { _ in Thread.sleep(forTimeInterval: 0.01) }
    try waitForWorker(log)
    peers.start {
      try openDealer(frontend)
    } _: { (socket) in
      _ = try socket.sendIfReady(parts: [[], [1]])
      var answer = MultipartMessage()
      while try socket.receiveIfReady(into: &answer, maxParts: 2, maxBytes: 1_000) {}
    }
    Thread.sleep(forTimeInterval: 0.5)
  }

  private func fillWorker(_ frontend: String, _ backend: String, _ log: LogRecorder, _ peers: Peers) throws {
    startWorker(backend, peers, receiveHighWaterMark: 1) { socket in
      _ = try socket.sendIfReady(parts: [Majordomo.header, [Majordomo.Command.heartbeat.rawValue]])
      Thread.sleep(forTimeInterval: 0.01)
    }
    try waitForWorker(log)
    let clients = try openDealer(frontend)
    let request = [UInt8](repeating: 1, count: 1 << 19)
    for _ in 0..<20 { _ = try clients.sendIfReady(parts: [[], request]) }
    Thread.sleep(forTimeInterval: 0.5)
  }

  private func babble(_ backend: String, _ log: LogRecorder, _ peers: Peers) throws {
    for _ in 0..<2 {
      startWorker(backend, peers) { socket in
        _ = try socket.sendIfReady(parts: [Majordomo.header, [Majordomo.Command.heartbeat.rawValue]])
      }
    }
    try waitForWorker(log)
    Thread.sleep(forTimeInterval: 0.5)
  }
}
