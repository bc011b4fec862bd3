import CurveSecurity
import Logging
import ServiceLifecycle
import ServiceTesting
import Testing
import WaybillBroker
import WaybillServer
import ZeroMQ

/// Runs a broker while `body` runs on a thread of its own, and shuts it down gracefully.
///
/// - Parameters:
///   - limits: How long and how much it waits.
///   - maxOutstandingBytes: How many bytes of large replies may be left unread.
///   - clientSecurity: Which clients may connect.
///   - body: Is given where clients go, where workers go, and what the broker logs.
/// - Returns: What `body` returns.
/// - Throws: What `body` throws, or the broker.
@discardableResult
func withBroker<Value: Sendable>(
  _ limits: DispatchLimits = DispatchLimits(), maxOutstandingBytes: Int = 512 << 20,
  clientSecurity: ServerSecurity = .none,
  _ body: @escaping @Sendable (_ frontend: String, _ backend: String, LogRecorder) throws -> Value
) async throws -> Value {
  let log = LogRecorder()
  var limits = limits
  // A test's workers say nothing while the test does something else.
  limits.heartbeat.liveness = 120
  let (frontend, backend) = (uniqueIPCEndpoint(), uniqueIPCEndpoint())
  let broker = Broker(
    BrokerConfiguration(
      frontends: [frontend], backends: [backend], clientSecurity: clientSecurity, limits: limits,
      maxOutstandingBytes: maxOutstandingBytes),
    logger: log.logger)
  let group = ServiceGroup(services: [broker], logger: Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() })
  async let running: Void = group.run()
  let value = try await blocking {
    let isUp = eventually { log.entries.count { $0.message == "listening" } == 2 }
    try #require(isUp, "the broker did not start")
    return try body(frontend, backend, log)
  }
  let start = ContinuousClock.now
  await group.triggerGracefulShutdown()
  try await running
  let time = start.duration(to: .now)
  #expect(time < .seconds(5), "the broker took \(time) to stop")
  #expect(log.entries.last?.message == "stopped")
  return value
}

/// A worker that says what a test wants it to say.
struct FakeMajordomoWorker: ~Copyable {
  let socket: Socket

  init(_ backend: String, timeout: Duration = .seconds(10)) throws(ZeroMQError) {
    let socket = try Socket(.dealer, in: Context())
    try socket.set(.linger, to: .seconds(1))
    try socket.set(.receiveTimeout, to: timeout)
    try socket.connect(backend)
    self.socket = socket
  }

  func say(_ parts: [[UInt8]]) throws(ZeroMQError) {
    for (index, part) in parts.enumerated() { try socket.send(part, more: index < parts.count - 1) }
  }

  func say(_ command: Majordomo.Command, _ parts: [[UInt8]] = []) throws(ZeroMQError) {
    try say([Majordomo.header, [command.rawValue]] + parts)
  }

  /// READY, and waits until the broker has taken it.
  func join(_ log: LogRecorder) throws {
    let before = log.entries.count { $0.message == "worker joined" }
    try say(.ready, [Majordomo.service])
    let isIn = eventually { log.entries.count { $0.message == "worker joined" } > before }
    #expect(isIn)
  }

  /// The next command that is not a heartbeat, with what belongs to it. Answers heartbeats meanwhile.
  func next() throws(ZeroMQError) -> (command: Majordomo.Command?, parts: [[UInt8]]) {
    while true {
      var parts: [[UInt8]] = []
      repeat { parts.append(try socket.receive().bytes) } while try socket.hasMoreParts
      let command = parts.count > 1 && parts[0] == Majordomo.header ? Majordomo.Command(rawValue: parts[1][0]) : nil
      guard command == .heartbeat else { return (command, Array(parts.dropFirst(2))) }
      try say(.heartbeat)
    }
  }

  /// Takes a request: what to say first in the answer, and the body.
  func takeRequest() throws -> (address: [UInt8], body: [[UInt8]]) {
    let (command, parts) = try next()
    try #require(command == .request && parts.count > 2 && parts[1].isEmpty)
    return (parts[0], Array(parts.dropFirst(2)))
  }

  func answer(_ address: [UInt8], _ body: [UInt8]) throws(ZeroMQError) {
    try say(.final, [address, [], body])
  }
}
