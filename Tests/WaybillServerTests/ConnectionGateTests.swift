import Concurrency
import Foundation
import ServiceTesting
import Synchronization
import Testing
import ZeroMQ

@testable import WaybillServer

@Suite struct ConnectionGateTests {
  @Test(
    "Connections get what they can have, and the process keeps what it needs",
    arguments: [
      (limit: 1_024, cores: 2, reserve: 128), (256, 2, 64), (1_024, 64, 256), (20_000, 2, 2_500), (100, 2, 50),
      (1_048_576, 2, 131_072),
    ])
  func reserve(limit: Int, cores: Int, reserve: Int) {
    #expect(DescriptorLimit.reserve(of: limit, cores: cores) == reserve)
  }

  @Test("The entry of a listener is found among those of an epoll set")
  func entries() {
    let text = """
      pos:\t0
      flags:\t02
      tfd:       10 events:       19 data: aaaa  pos:0 ino:7e8 sdev:f
      tfd:       11 events:       19 data: 7f12bc000d80  pos:0 ino:7e8 sdev:f
      tfd:       12 events: 40000000 data: 7f12bc000f00  pos:0 ino:7e8 sdev:f
      """
    #expect(ListenerEntry.data(of: 11, in: text) == 0x7f12_bc00_0d80)
    // The last one is there, and libzmq has yet to ask for its events.
    for missing: CInt in [1, 110, 12] { #expect(ListenerEntry.data(of: missing, in: text) == nil) }
    #expect(ListenerEntry.data(of: 11, in: "pos:\t0\nflags:\t02\ntfd: 11\n") == nil)
  }

  @Test(
    "Without descriptors new connections wait and the others are served, and with them everyone is",
    .timeLimit(.minutes(1)),
    arguments: ["tcp://127.0.0.1:*", "tcp://[::1]:*", uniqueIPCEndpoint(), "ipc://@\(UUID().uuidString)"])
  func shortage(address: String) async throws {
    let log = LogRecorder()
    let hasRoom = Atomic(true)
    let isStopping = Atomic(false)
    let endpoint = Lock<String?>(nil)
    let ended = Latch()
    try await blocking {
      Thread.detachNewThread {
        do throws(ZeroMQError) {
          let server = try Socket(.rep, in: Context())
          try server.set(.ipv6, to: address.contains("["))
          try server.set(.linger, to: .zero)
          try server.set(.receiveTimeout, to: .milliseconds(10))
          let actual = try server.bind(address)
          ConnectionGate.open(at: actual, of: server, log.logger) { hasRoom.load(ordering: .relaxed) ? .max : 0 }
          endpoint.withLock { $0 = actual }
          while !isStopping.load(ordering: .relaxed) {
            guard let request = try? server.receive().bytes else { continue }
            try server.send(request)
          }
        } catch {
          Issue.record(error)
        }
        ended.open()
      }
      #expect(eventually { endpoint.withLock { $0 != nil } })
      let actual = try #require(endpoint.withLock { $0 })
      let old = try openRequester(actual)
      try old.send([1])
      #expect(try old.receive().bytes == [1])

      hasRoom.store(false, ordering: .relaxed)
      // One connection may have been allowed before.
      let gatecrasher = try openRequester(actual)
      try gatecrasher.send([2])
      Thread.sleep(forTimeInterval: 0.1)
      let newcomer = try openRequester(actual, timeout: .milliseconds(300))
      try newcomer.send([3])
      #expect(throws: ZeroMQError.self) { _ = try newcomer.receive().bytes }
      try old.send([4])
      #expect(try old.receive().bytes == [4])
      #expect(log.entries.map(\.message) == ["too many connections: new ones wait"])

      hasRoom.store(true, ordering: .relaxed)
      try newcomer.set(.receiveTimeout, to: .seconds(10))
      #expect(try newcomer.receive().bytes == [3])
      #expect(try gatecrasher.receive().bytes == [2])
      #expect(eventually { log.entries.count == 2 })
      #expect(log.entries.last?.message == "accepting connections again")
      isStopping.store(true, ordering: .relaxed)
      #expect(ended.wait(atMost: .seconds(10)))
    }
  }

  @Test("A listener that is not found is said to be without a bound, and its socket serves")
  func unknown() async throws {
    let log = LogRecorder()
    try await blocking {
      let socket = try Socket(.rep, in: Context())
      try socket.bind("inproc://somewhere")
      ConnectionGate.open(at: "inproc://somewhere", of: socket, log.logger) { 0 }
      #expect(log.entries.count == 1 && log.entries.first?.message.hasPrefix("connections are not bounded") == true)
    }
  }
}
