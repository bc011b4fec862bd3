import Connections
import CurveSecurity
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

  private static let address = "tcp://127.0.0.1:5001"

  /// A connection to a proxy, the time, and what was logged of it.
  private struct Trial {
    let log = LogRecorder()
    var connection: ProxyConnection
    var now = ContinuousClock.now

    init(to endpoint: String) throws {
      connection = ProxyConnection(to: try Endpoint(connectingTo: endpoint), as: .none, logger: log.logger)
    }

    /// Lets time pass, and gives the addresses that are connected to and, with a minus, left.
    mutating func pass(_ time: Duration) -> [String] {
      now += time
      return connection.takeDue(at: now).map { action in
        switch action {
        case .connect(let route): route.address
        case .disconnect(let route): "-\(route.address)"
        }
      }
    }

    mutating func note(_ events: MonitorEvent.Kind..., at address: String = ReconnectTests.address) {
      for event in events { _ = connection.note(MonitorEvent(kind: event, endpoint: address), at: now) }
    }

    var lines: [String] { log.entries.map { "\($0.message): \($0.metadata["reason"] ?? "")" } }
  }

  @Test(
    "Whatever ends a connection, it is made again: said once when it begins, and once when it is over",
    arguments: [
      ([.connected, .authenticationFailed(status: 400), .disconnected], "the proxy does not allow this worker's key"),
      (
        [.connected, .protocolError(1), .disconnected], "the proxy uses another security mechanism, or has another key"
      ),
      (
        [.connected, .handshakeFailed(.hostUnreachable), .disconnected],
        "the proxy closed the connection during the handshake: is --server-key its key?"
      ),
      ([.connected, .disconnected], "the connection to the proxy is closed"),
      ([.connectDelayed, .closed], "no proxy listens there"),
      ([], "no proxy listens there"),
    ] as [([MonitorEvent.Kind], String)])
  func ends(_ events: [MonitorEvent.Kind], _ reason: String) throws {
    var trial = try Trial(to: Self.address)
    for _ in 0..<3 {
      #expect(trial.pass(.seconds(3)) == [Self.address])
      for event in events { trial.note(event) }
      if events.isEmpty {
        #expect(trial.pass(.seconds(10)).isEmpty)
        #expect(trial.pass(.seconds(6)) == ["-\(Self.address)"])
      } else {
        #expect(trial.pass(.zero) == ["-\(Self.address)"])
      }
      // What comes late of an attempt that is over is of no interest.
      trial.note(.closed, .disconnected)
    }
    #expect(trial.pass(.seconds(3)) == [Self.address])
    trial.note(.connected, .handshakeSucceeded)
    #expect(trial.pass(.seconds(60)).isEmpty)
    trial.note(.disconnected)
    #expect(trial.pass(.zero) == ["-\(Self.address)"])
    #expect(trial.pass(.seconds(3)) == [Self.address])
    trial.note(.connected, .handshakeSucceeded)
    #expect(
      trial.lines == [
        "connecting again: \(reason)", "connected: ", "connecting again: the connection to the proxy is closed",
        "connected: ",
      ])
  }

  @Test("Each address of a name is tried before one waits, and a line is worth only that none leads anywhere")
  func addresses() throws {
    let name = "tcp://localhost:5001"
    let addresses = try Endpoint(connectingTo: name).addresses()
    var trial = try Trial(to: name)
    for round in 0..<2 {
      for address in addresses {
        let wait = address == addresses.first && round > 0 ? Duration.seconds(3) : .milliseconds(50)
        #expect(trial.pass(wait) == [address])
        #expect(trial.lines.count == round)
        trial.note(.closed, at: address)
        #expect(trial.pass(.zero) == ["-\(address)"])
      }
      #expect(trial.lines.count == 1)
    }
  }

  @Test("Events of others are not taken for its own")
  func others() throws {
    var trial = try Trial(to: Self.address)
    #expect(trial.pass(.seconds(1)) == [Self.address])
    let event = MonitorEvent(kind: .disconnected, endpoint: "tcp://127.0.0.1:5002")
    let isOwn = trial.connection.note(event, at: trial.now)
    #expect(!isOwn)
    #expect(trial.pass(.seconds(1)).isEmpty && trial.lines.isEmpty)
  }

  @Test("A host that is not known is looked up again")
  func unknownHost() throws {
    var trial = try Trial(to: "tcp://no-such-host.invalid:5001")
    for _ in 0..<3 { #expect(trial.pass(.seconds(3)).isEmpty) }
    #expect(trial.lines.count == 1 && trial.lines[0].contains("\"no-such-host.invalid\" is not known"))
  }
}
