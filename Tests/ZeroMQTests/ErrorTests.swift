import Testing

@testable import ZeroMQ

@Suite struct ErrorTests {
  @Test(arguments: [
    ("nonsense", ZeroMQError.Code.invalidArgument),
    ("tcp://", .invalidArgument),
    ("tcp://127.0.0.1", .invalidArgument),
    ("tcp://127.0.0.1:99999", .invalidArgument),
    ("tcp://127.0.0.1:*\0:1", .invalidArgument),
    ("", .invalidArgument),
    ("carrier-pigeon://loft", .protocolNotSupported),
    ("tcp://192.0.2.1:*", .addressNotAvailable),
    ("tcp://no-such-interface0:*", .noDevice),
    ("ipc:///no-such-folder/socket", .notFound),
  ])
  func bind(_ endpoint: String, throwing code: ZeroMQError.Code) throws {
    let socket = try open(.rep, in: Context())
    let error = #expect(throws: ZeroMQError.self) { try socket.bind(endpoint) }
    #expect(error?.code == code)
    #expect(error?.description.hasPrefix("cannot bind \(endpoint): ") == true)
  }

  @Test func anEndpointInUse() throws {
    let context = try Context()
    let first = try open(.rep, in: context)
    let second = try open(.rep, in: context)
    let endpoint = try first.bind("tcp://127.0.0.1:*")
    let error = #expect(throws: ZeroMQError.self) { try second.bind(endpoint) }
    #expect(error?.code == .addressInUse)
    #expect(error.map { "\($0)" } == "cannot bind \(endpoint): Address already in use")
  }

  @Test(arguments: [("nonsense", ZeroMQError.Code.invalidArgument), ("carrier-pigeon://loft", .protocolNotSupported)])
  func connect(_ endpoint: String, throwing code: ZeroMQError.Code) throws {
    let socket = try open(.req, in: Context())
    let error = #expect(throws: ZeroMQError.self) { try socket.connect(endpoint) }
    #expect(error?.code == code)
  }

  @Test func endpointsThatWereNeverUsed() throws {
    let socket = try open(.req, in: Context())
    let unbind = #expect(throws: ZeroMQError.self) { try socket.unbind("tcp://127.0.0.1:1") }
    let disconnect = #expect(throws: ZeroMQError.self) { try socket.disconnect("tcp://127.0.0.1:1") }
    #expect(unbind?.code == .notFound)
    #expect(disconnect?.code == .notFound)
  }

  @Test func twoReceivesOnREP() throws {
    let context = try Context()
    let server = try open(.rep, in: context)
    let client = try open(.req, in: context)
    try client.connect(try server.bind("inproc://turns"))
    try client.send(text: "question")
    #expect(try server.receiveText() == "question")
    let receive = #expect(throws: ZeroMQError.self) { _ = try server.receiveText() }
    #expect(receive?.code == .invalidState)
    let send = #expect(throws: ZeroMQError.self) { try client.send(text: "again") }
    #expect(send?.code == .invalidState)
    try server.send(text: "answer")
    #expect(try client.receiveText() == "answer")
  }

  @Test func timeouts() throws {
    let context = try Context()
    let socket = try open(.dealer, in: context)
    try socket.set(.receiveTimeout, to: .milliseconds(20))
    try socket.set(.sendTimeout, to: .milliseconds(20))
    let start = ContinuousClock.now
    let receive = #expect(throws: ZeroMQError.self) { _ = try socket.receiveText() }
    #expect(ContinuousClock.now - start >= .milliseconds(20))
    #expect(receive?.code == .timedOut)
    #expect(receive?.description == "cannot receive: Timed out")
    let send = #expect(throws: ZeroMQError.self) { try socket.send(text: "nobody") }
    #expect(send?.code == .timedOut)
  }

  @Test func theWrongDirection() throws {
    let context = try Context()
    let push = try open(.push, in: context)
    let pull = try open(.pull, in: context)
    let receive = #expect(throws: ZeroMQError.self) { _ = try push.receiveText() }
    let send = #expect(throws: ZeroMQError.self) { try pull.send(text: "up") }
    #expect(receive?.code == .notSupported)
    #expect(send?.code == .notSupported)
  }

  @Test func equalityIsOnTheCode() {
    let one = ZeroMQError(.timedOut, operation: "wait", reason: "x")
    #expect(one == ZeroMQError(.timedOut, operation: "send", reason: "y"))
    #expect(one != ZeroMQError(.interrupted, operation: "wait", reason: "x"))
    #expect("\(ZeroMQError.Code.timedOut) \(ZeroMQError.Code.other(77))" == "timedOut other(77)")
  }

  @Test func libraryVersion() {
    #expect(LibraryVersion.linked >= LibraryVersion(major: 4, minor: 3, patch: 0))
    #expect("\(LibraryVersion(major: 4, minor: 10, patch: 1))" == "4.10.1")
    #expect(LibraryVersion(major: 4, minor: 3, patch: 9) < LibraryVersion(major: 4, minor: 10, patch: 0))
  }
}
