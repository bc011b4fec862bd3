import Logging
import ServiceTesting
import Testing

@testable import WaybillWorker
@testable import ZeroMQ

/// What is logged of connections that fail, and when they are made again.
@Suite struct ReconnectTests {
  @Test("A failure is logged once for each reason, and its end once")
  func state() {
    var state = ReconnectState()
    #expect(state.fail("silent") && !state.fail("silent") && state.fail("refused") && !state.fail("silent"))
    #expect(state.succeed() && !state.succeed() && state.isUp)
    #expect(state.fail("silent") && !state.isUp)
  }

  @Test("Waits grow up to two seconds, and begin anew after a success")
  func waits() {
    var state = ReconnectState()
    let waits = (0..<10).map { _ in state.nextWait() }
    #expect(waits[0] <= .milliseconds(100) && waits.allSatisfy { $0 <= .seconds(2) } && waits[9] >= .seconds(1))
    _ = state.succeed()
    #expect(state.nextWait() <= .milliseconds(100))
  }

  private static let one = "tcp://127.0.0.1:5001"
  private static let two = "tcp://127.0.0.1:5002"

  @Test("Of two proxies, the one that refuses the worker is connected to again, and no other")
  func refused() {
    let log = LogRecorder()
    var connections = ProxyConnections([Self.one, Self.two], logger: log.logger)
    for endpoint in [Self.one, Self.two] { connections.note(MonitorEvent(kind: .connected, endpoint: endpoint)) }
    connections.note(MonitorEvent(kind: .handshakeSucceeded, endpoint: Self.one))
    let now = ContinuousClock.now
    for _ in 0..<3 {
      connections.note(MonitorEvent(kind: .authenticationFailed(status: 400), endpoint: Self.two))
      connections.note(MonitorEvent(kind: .disconnected, endpoint: Self.two))
      #expect(connections.takeDue(at: now).isEmpty)
      #expect(connections.takeDue(at: now + .seconds(3)) == [Self.two])
      #expect(connections.takeDue(at: now + .seconds(9)).isEmpty)
    }
    connections.note(MonitorEvent(kind: .handshakeSucceeded, endpoint: Self.two))
    connections.note(MonitorEvent(kind: .disconnected, endpoint: Self.two))
    connections.note(MonitorEvent(kind: .handshakeSucceeded, endpoint: Self.two))
    #expect(connections.takeDue(at: now + .seconds(9)).isEmpty)
    #expect(
      log.entries.map { "\($0.message) \($0.metadata["endpoint"] ?? "")" } == [
        "connected \(Self.one)", "connecting again \(Self.two)", "connected \(Self.two)",
        "connecting again \(Self.two)",
        "connected \(Self.two)",
      ])
  }

  @Test("A proxy is known by the address that its name stands for")
  func resolved() {
    var connections = ProxyConnections(
      ["tcp://localhost:5001", "tcp://localhost:5002"], logger: LogRecorder().logger)
    connections.note(MonitorEvent(kind: .connected, endpoint: Self.two))
    connections.note(MonitorEvent(kind: .protocolError(1), endpoint: Self.two))
    #expect(connections.takeDue(at: .now + .seconds(3)) == ["tcp://localhost:5002"])
  }

  @Test("The failure of a client's connection is logged, and nothing is done about it")
  func clients() {
    let log = LogRecorder()
    var connections = ProxyConnections([Self.one], logger: log.logger)
    for _ in 0..<100 { connections.note(MonitorEvent(kind: .protocolError(1), endpoint: "tcp://127.0.0.1:5555")) }
    #expect(connections.takeDue(at: .now + .seconds(9)).isEmpty)
    #expect(log.entries.count == 10 && log.entries.allSatisfy { $0.message == "a client's connection failed" })
  }
}
