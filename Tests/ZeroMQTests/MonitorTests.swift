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

  /// libzmq's I/O thread sends the events. Were there nobody to take one, it would wait for ever, and with it every socket.
  @Test("Sockets that are closed in the midst of a connection stop no other socket", .timeLimit(.minutes(1)))
  func closedAtOnce() throws {
    let context = try Context()
    let server = try open(.rep, in: context)
    // Of which nobody reads the thousands of events.
    let unread = try server.monitor()
    let endpoint = try server.bind("tcp://127.0.0.1:*")
    for round in 0..<1_000 {
      let client = try open(.dealer, in: context)
      let monitor = try client.monitor()
      try client.connect(round % 3 == 0 ? "tcp://127.0.0.1:1" : endpoint)
      if round % 2 == 0 { _ = try monitor.next() }
      // In either order.
      if round % 4 < 2 {
        client.close()
        _ = consume monitor
      } else {
        _ = consume monitor
        client.close()
      }
    }
    let client = try open(.req, in: context)
    try client.connect(endpoint)
    try client.send([1])
    #expect(try server.receive().withBytes { $0.byteCount } == 1)
    #expect(try unread.next()?.kind == .listening)
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
