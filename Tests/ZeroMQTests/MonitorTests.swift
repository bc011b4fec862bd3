import Testing

@testable import ZeroMQ

@Suite struct MonitorTests {
  @Test func tellsOfAConnection() throws {
    let context = try Context()
    let server = try open(.rep, in: context)
    let monitor = try server.monitor()
    try monitor.socket.set(.receiveTimeout, to: .seconds(10))
    try monitor.socket.set(.linger, to: .zero)
    let endpoint = try server.bind("tcp://127.0.0.1:*")
    #expect(try monitor.next() == MonitorEvent(kind: .listening, endpoint: endpoint))

    let client = try open(.req, in: context)
    try client.connect(endpoint)
    #expect(try monitor.next()?.kind == .accepted)
    #expect(try monitor.next()?.kind == .handshakeSucceeded)
    client.close()
    #expect(try monitor.next()?.kind == .disconnected)
    server.close()
    var last = try monitor.next()
    while last?.kind == .closed { last = try monitor.next() }
    #expect(last == nil)
  }

  @Test("A socket that is closed in the midst of a connection keeps no context from its end", .timeLimit(.minutes(1)))
  func closedAtOnce() throws {
    let context = try Context()
    let server = try open(.rep, in: context)
    let endpoint = try server.bind("tcp://127.0.0.1:*")
    for round in 0..<500 {
      let own = try Context()
      let client = try open(.req, in: own)
      let monitor = try client.monitor()
      try client.connect(endpoint)
      if round % 2 == 0 { _ = try monitor.next() }
      client.close()
      _ = consume monitor
    }
  }

  @Test(arguments: [
    (UInt16(0x0004), UInt32(250), MonitorEvent.Kind.connectRetried(after: .milliseconds(250))),
    (0x4000, 400, .authenticationFailed(status: 400)),
    (0x2000, 0x1100_0002, .protocolError(0x1100_0002)),
    (0x0010, 98, .bindFailed(.addressInUse)),
    (0x8000, 0, .unknown(0x8000)),
  ])
  func kinds(event: UInt16, value: UInt32, kind: MonitorEvent.Kind) {
    #expect(MonitorEvent.Kind(event: event, value: value) == kind)
  }
}
