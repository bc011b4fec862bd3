internal import Concurrency
internal import CurveSecurity
internal import Diagnostics
internal import Foundation
internal import ImageRegistry
internal import Logging
internal import WaybillServer
internal import ZeroMQ

/// A worker in the pool of a broker: a DEALER that speaks Majordomo's protocol, on the thread that calls.
///
/// It answers by itself, as handing a request to another thread costs about as much as answering it. A broker that is gone,
/// or that does not know the worker any more, is gone to again on a fresh socket.
struct MajordomoWorker: Sendable {
  let broker: String
  let context: Context
  let configuration: WorkerConfiguration
  let registry: ImageRegistry
  let meter: RequestMeter
  let logger: Logger
  let stop: StopSignal

  /// Why a conversation with the broker is over.
  private enum End: String {
    case stopped
    case silent = "the broker is silent"
    case sentAway = "the broker sent this worker away"
    case nonsense = "the broker does not speak the protocol"
  }

  /// How often a thread that waits looks whether it is to stop.
  private static let glance = Duration.milliseconds(100)

  /// Serves until it is told to stop, finishes what it has and leaves.
  func serve() throws(ZeroMQError) {
    logger.notice("joining", metadata: [LogKey.endpoint: "\(broker)"])
    // A worker that can answer nothing yet would take requests from those that can.
    while !registry.snapshot.pendingSources.isEmpty, !stop.isRaised { sleep(for: Self.glance) }
    var handler = RequestHandler(registry: registry, meter: meter, outstanding: nil)
    var backoff = Backoff()
    while !stop.isRaised {
      let end = try converse(with: &handler, &backoff)
      guard end != .stopped else { return }
      logger.warning(
        "joining again", metadata: [LogKey.endpoint: "\(broker)", LogKey.reason: "\(end.rawValue)"])
      sleep(for: backoff.next())
    }
  }

  /// One conversation on a socket of its own, from READY to its end.
  private func converse(
    with handler: inout RequestHandler, _ backoff: inout Backoff
  ) throws(ZeroMQError) -> End {
    let socket = try Socket(.dealer, in: context)
    try socket.configureForBroker()
    try socket.set(.receiveTimeout, to: Self.glance)
    try configuration.peerSecurity.apply(to: socket)
    try socket.connect(broker)
    try socket.send(.ready, more: true)
    try socket.send(Majordomo.service)
    var lastHeard = ContinuousClock.now
    var nextHeartbeat = lastHeard + Majordomo.heartbeatInterval
    var message = MultipartMessage()
    while !stop.isRaised {
      let isSilent = try !receive(&message, on: socket)
      let now = ContinuousClock.now
      if isSilent {
        // Judged only when nothing has come: the process may have been stopped for a while.
        guard now < lastHeard + Majordomo.heartbeatTimeout else { return .silent }
      } else {
        lastHeard = now
        if let end = try answer(&message, on: socket, with: &handler) { return end }
        backoff.reset()
      }
      guard now >= nextHeartbeat else { continue }
      nextHeartbeat = now + Majordomo.heartbeatInterval
      try socket.send(.heartbeat)
    }
    while try socket.receiveIfReady(into: &message, maxParts: .max, maxBytes: .max) {
      if let end = try answer(&message, on: socket, with: &handler) { return end }
    }
    // What comes after this word the broker gives to somebody else.
    try socket.set(.linger, to: configuration.linger)
    try socket.send(.disconnect)
    return .stopped
  }

  /// Waits a little for a command; false when none came.
  private func receive(_ message: inout MultipartMessage, on socket: borrowing Socket) throws(ZeroMQError) -> Bool {
    do throws(ZeroMQError) {
      try socket.receive(into: &message, maxParts: .max, maxBytes: .max)
      return true
    } catch {
      guard error.code == .timedOut else { throw error }
      return false
    }
  }

  /// Does what a command asks for; gives the end of the conversation if that is what it is.
  private func answer(
    _ message: inout MultipartMessage, on socket: borrowing Socket, with handler: inout RequestHandler
  ) throws(ZeroMQError) -> End? {
    switch Majordomo.Command(message, at: 0) {
    case .heartbeat: return nil
    case .disconnect: return .sentAway
    case .request:
      guard message.count > Self.bodyStart, message.isEmptyFrame(Self.bodyStart - 1) else { return .nonsense }
      let parts = message.count - Self.bodyStart
      let reply =
        parts == 1
        ? message.withFrame(Self.bodyStart) { handler.answer($0) } : handler.answer(multipart: parts)
      try socket.send(.final, more: true)
      _ = try socket.sendIfReady(&message, frames: Self.addressStart..<Self.bodyStart, more: true)
      try socket.send(reply, of: handler)
      return nil
    case .ready, .partial, .final, nil: return .nonsense
    }
  }

  /// The parts of a REQUEST: two of the command, the address, an empty one, and then the body.
  private static let addressStart = 2
  private static let bodyStart = 4

  private func sleep(for time: Duration) {
    let end = ContinuousClock.now + time
    while !stop.isRaised, ContinuousClock.now < end {
      Thread.sleep(forTimeInterval: 0.02)
    }
  }
}
