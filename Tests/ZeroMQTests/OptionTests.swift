import Testing

@testable import ZeroMQ

@Suite struct OptionTests {
  @Test(arguments: [
    SocketOption<Duration?>.linger, .receiveTimeout, .sendTimeout, .handshakeInterval, .connectTimeout,
    .heartbeatInterval, .heartbeatTTL, .reconnectInterval, .reconnectIntervalMax, .tcpMaxRetransmitTime,
  ])
  func times(_ option: SocketOption<Duration?>) throws {
    let socket = try open(.dealer, in: Context())
    for value: Duration? in [.milliseconds(1500), nil] {
      try socket.set(option, to: value)
      #expect(try socket.get(option) == value)
    }
    for value: Duration in [.milliseconds(-1), .seconds(-5), .seconds(Int64.max)] {
      let error = #expect(throws: ZeroMQError.self) { try socket.set(option, to: value) }
      #expect(error?.code == .invalidArgument)
    }
  }

  @Test(arguments: [SocketOption<Duration?>.tcpKeepaliveIdle, .tcpKeepaliveInterval])
  func wholeSeconds(_ option: SocketOption<Duration?>) throws {
    let socket = try open(.dealer, in: Context())
    for (value, read) in [(.milliseconds(1500), .seconds(2)), (.seconds(3), .seconds(3)), (nil, nil)]
      as [(Duration?, Duration?)]
    {
      try socket.set(option, to: value)
      #expect(try socket.get(option) == read)
    }
    for value: Duration in [.milliseconds(-1), .seconds(-5), .zero, .seconds(Int64.max)] {
      let error = #expect(throws: ZeroMQError.self) { try socket.set(option, to: value) }
      #expect(error?.code == .invalidArgument)
    }
  }

  @Test func heartbeatTimeoutIsNotTakenBack() throws {
    let socket = try open(.dealer, in: Context())
    #expect(try socket.get(.heartbeatTimeout) == nil)
    try socket.set(.heartbeatTimeout, to: .milliseconds(300))
    #expect(try socket.get(.heartbeatTimeout) == .milliseconds(300))
    let error = #expect(throws: ZeroMQError.self) { try socket.set(.heartbeatTimeout, to: nil) }
    #expect(error?.code == .invalidArgument)
  }

  @Test(arguments: [SocketOption<Int?>.sendHighWaterMark, .receiveHighWaterMark, .maxMessageSize, .sendBufferSize])
  func limits(_ option: SocketOption<Int?>) throws {
    let socket = try open(.dealer, in: Context())
    for value: Int? in [1234, nil] {
      try socket.set(option, to: value)
      #expect(try socket.get(option) == value)
    }
    let error = #expect(throws: ZeroMQError.self) { try socket.set(option, to: -1) }
    #expect(error?.code == .invalidArgument)
  }

  @Test func theRest() throws {
    let socket = try open(.router, in: Context())
    try socket.set(.backlog, to: 7)
    #expect(try socket.get(.backlog) == 7)
    for option in [SocketOption<Bool>.ipv6, .immediate] {
      try socket.set(option, to: true)
      #expect(try socket.get(option))
    }
    for value: Bool? in [true, false, nil] {
      try socket.set(.tcpKeepalive, to: value)
      #expect(try socket.get(.tcpKeepalive) == value)
    }
    try socket.set(.zapDomain, to: "global")
    #expect(try socket.get(.zapDomain) == "global")
    try socket.set(.routingID, to: [1, 0, 255])
    #expect(try socket.get(.routingID) == [1, 0, 255])
    try socket.set(.routerMandatory, to: true)
    try socket.set(.routerHandover, to: true)
  }

  @Test func whatATypeDoesNotHave() throws {
    let socket = try open(.rep, in: Context())
    let relaxed = #expect(throws: ZeroMQError.self) { try socket.set(.reqRelaxed, to: true) }
    #expect(relaxed?.description == "cannot set reqRelaxed to true: Invalid argument")
    let long = #expect(throws: ZeroMQError.self) { try socket.set(.routingID, to: [UInt8](repeating: 1, count: 256)) }
    #expect(long?.code == .invalidArgument)
  }

  @Test func aRelaxedRequestIsAskedAgain() throws {
    let context = try Context()
    let server = try open(.rep, in: context)
    let client = try open(.req, in: context)
    try client.set(.reqRelaxed, to: true)
    try client.set(.reqCorrelate, to: true)
    try client.connect(try server.bind("tcp://127.0.0.1:*"))
    for question in ["first", "second"] {
      try client.send(text: question)
      #expect(try server.receiveText() == question)
      if question == "first" { try server.send(text: "late") }
    }
    try server.send(text: "right")
    #expect(try client.receiveText() == "right")
  }
}
