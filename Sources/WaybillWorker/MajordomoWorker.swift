internal import CurveSecurity
internal import Diagnostics
internal import ImageRegistry
internal import Logging
internal import WaybillServer
internal import ZeroMQ

/// A worker in the pool of a broker: a DEALER that speaks the Majordomo protocol, on the thread that calls.
///
/// It answers by itself, as handing a request to another thread costs about as much as answering it. When the broker is
/// silent, refuses it or sends it away, it joins again on a fresh socket.
struct MajordomoWorker: Sendable {
  let broker: String
  let context: Context
  let configuration: WorkerConfiguration
  let registry: ImageRegistry
  let meter: RequestMeter
  let logger: Logger
  let stop: StopSignal

  /// Why a conversation with the broker is over.
  private enum End: Equatable {
    case stopped
    case silent
    case sentAway
    case brokenProtocol
    case refused(HandshakeFailure)
    case noQueue
    case noSocket(ZeroMQError)

    var reason: String {
      switch self {
      case .stopped: "the worker stops"
      case .silent: "the broker is silent"
      case .sentAway: "the broker sent this worker away"
      case .brokenProtocol: "the broker does not speak the protocol"
      case .refused(let failure): failure.reason("broker")
      case .noQueue: "the connection is closed"
      case .noSocket(let error): "\(error)"
      }
    }
  }

  /// Serves until it is told to stop, finishes what it has and leaves.
  func serve() throws(ZeroMQError) {
    logger.notice("joining", metadata: [LogKey.endpoint: "\(broker)"])
    // A worker that can answer nothing yet would take requests from those that can.
    while !registry.snapshot.pendingSources.isEmpty {
      guard !stop.wait(atMost: StopSignal.checkInterval) else { return }
    }
    var handler = RequestHandler(registry: registry, meter: meter, outstanding: nil)
    var state = ReconnectState()
    while !stop.isRaised {
      let end = try attempt(with: &handler, &state)
      guard end != .stopped else { return }
      if state.fail(end.reason) {
        logger.warning("joining again", metadata: [LogKey.endpoint: "\(broker)", LogKey.reason: "\(end.reason)"])
      }
      stop.wait(atMost: state.nextWait())
    }
  }

  /// As ``converse(with:_:)``; what another attempt may cure is an end, and no error.
  private func attempt(
    with handler: inout RequestHandler, _ state: inout ReconnectState
  ) throws(ZeroMQError) -> End {
    do throws(ZeroMQError) {
      return try converse(with: &handler, &state)
    } catch {
      switch error.code {
      case .timedOut: return .noQueue
      case .tooManySockets: return .noSocket(error)
      default: throw error
      }
    }
  }

  /// One conversation on a socket of its own, from READY to its end.
  ///
  /// - Throws: `timedOut` when libzmq has given the connection up, and there is nowhere to send to.
  private func converse(
    with handler: inout RequestHandler, _ state: inout ReconnectState
  ) throws(ZeroMQError) -> End {
    let connection = try BrokerConnection(as: configuration.peerSecurity, in: context)
    try connection.join(broker)
    var lastHeard = ContinuousClock.now
    var nextHeartbeat = lastHeard + Majordomo.heartbeatInterval
    var message = MultipartMessage()
    while !stop.isRaised {
      let hasCommand = try connection.socket.receiveInTime(into: &message)
      let now = ContinuousClock.now
      if hasCommand {
        lastHeard = now
        if let end = try answer(&message, on: connection.socket, with: &handler) { return end }
        if state.succeed() { logger.notice("joined", metadata: [LogKey.endpoint: "\(broker)"]) }
      } else {
        if let failure = try connection.takeFailure() { return .refused(failure) }
        // Judged only when nothing has come: the process may have been stopped for a while.
        guard now < lastHeard + Majordomo.heartbeatTimeout else { return .silent }
      }
      guard now >= nextHeartbeat else { continue }
      nextHeartbeat = now + Majordomo.heartbeatInterval
      try connection.socket.send(.heartbeat)
    }
    try leave(connection, &message, with: &handler)
    return .stopped
  }

  /// Answers what has arrived, for as long as the worker may take to stop, and says DISCONNECT: what comes after it the
  /// broker gives to another worker.
  private func leave(
    _ connection: borrowing BrokerConnection, _ message: inout MultipartMessage, with handler: inout RequestHandler
  ) throws(ZeroMQError) {
    let deadline = ContinuousClock.now + configuration.drainTime
    do throws(ZeroMQError) {
      while ContinuousClock.now < deadline,
        try connection.socket.receiveIfReady(into: &message, maxParts: .max, maxBytes: .max)
      {
        guard try answer(&message, on: connection.socket, with: &handler) == nil else { return }
      }
      try connection.socket.set(.linger, to: configuration.linger)
      try connection.socket.send(.disconnect)
    } catch {
      // Where the connection is gone there is nobody to leave.
      guard error.code == .timedOut else { throw error }
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
      guard message.count > Self.bodyStart, message.isEmptyFrame(Self.bodyStart - 1) else { return .brokenProtocol }
      let parts = message.count - Self.bodyStart
      let reply =
        parts == 1
        ? message.withFrame(Self.bodyStart) { handler.answer($0) } : handler.answer(multipart: parts)
      try socket.send(.final, more: true)
      _ = try socket.sendIfReady(&message, frames: Self.addressStart..<Self.bodyStart, more: true)
      try socket.send(reply, of: handler)
      return nil
    case .ready, .partial, .final, nil: return .brokenProtocol
    }
  }

  /// The parts of a REQUEST: two of the command, the address, an empty one, and then the body.
  private static let addressStart = 2
  private static let bodyStart = 4
}
