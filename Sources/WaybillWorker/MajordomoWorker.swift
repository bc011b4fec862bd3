internal import Connections
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
  let pools: PoolMembership
  let logger: Logger
  let stop: StopSignal

  /// Why a conversation with the broker is over.
  private enum End: Equatable {
    case stopped
    case silent
    case sentAway
    case brokenProtocol(String)
    case notConnected(ConnectionFailure)
    case noSocket(ZeroMQError)

    var reason: String {
      switch self {
      case .stopped: "the worker stops"
      case .silent: "the broker is silent"
      case .sentAway: "the broker sent this worker away: it stops, or that is its frontend"
      case .brokenProtocol(let dialect): "the broker does not speak MDPW02: it says \(dialect)"
      case .notConnected(let failure): failure.reason("broker")
      case .noSocket(let error): "\(error)"
      }
    }
  }

  /// Serves until it is told to stop, finishes what it has and leaves.
  ///
  /// - Parameter number: Which of the worker's threads it is.
  /// - Throws: `ZeroMQError` where another attempt would be no better.
  func serve(as number: Int) throws(ZeroMQError) {
    let broker = try Socket.endpoint(connectingTo: broker)
    logger.notice("joining", metadata: [LogKey.endpoint: "\(broker)"])
    // A worker that can answer nothing yet would take requests from those that can.
    while !registry.snapshot.pendingSources.isEmpty {
      guard !stop.wait(atMost: StopSignal.checkInterval) else { return }
    }
    var handler = RequestHandler(registry: registry, meter: meter, outstanding: nil)
    var state = ReconnectState()
    while !stop.isRaised {
      let end = try joinOnce(broker, as: name(ofThread: number), with: &handler, &state)
      guard end != .stopped else { return }
      logger.log(
        // That nobody listens is news only as long as nothing else is known.
        level: state.fail(end.reason, isNews: end != .notConnected(.refused)) ? .warning : .debug, "joining again",
        metadata: [LogKey.endpoint: "\(broker)", LogKey.reason: "\(end.reason)"])
      stop.wait(atMost: state.nextWait())
    }
  }

  /// What the broker's log calls the thread. libzmq keeps 33 bytes without allocating.
  private func name(ofThread number: Int) -> [UInt8] {
    let identity = configuration.identity
    return Array("\(identity.instance)/\(number)@".utf8) + identity.node.utf8.prefix(20)
  }

  /// Tries each way to the broker in turn, until one leads to a conversation, and has it.
  private func joinOnce(
    _ broker: Endpoint, as name: [UInt8], with handler: inout RequestHandler, _ state: inout ReconnectState
  ) throws(ZeroMQError) -> End {
    let routes: [Route]
    do throws(RouteError) {
      guard let found = try broker.routes(as: configuration.peerSecurity, until: { stop.isRaised }) else {
        return .stopped
      }
      routes = found
    } catch {
      return .notConnected(.noRoute("\(error)"))
    }
    var end = End.stopped
    for route in routes where !stop.isRaised {
      do throws(ZeroMQError) {
        var connection = try BrokerConnection(by: route, as: name, in: context)
        end = try converse(on: &connection, with: &handler, &state)
      } catch {
        guard error.code == .tooManySockets else { throw error }
        return .noSocket(error)
      }
      if state.isUp || end == .stopped { break }
    }
    return end
  }

  /// One conversation on a socket of its own, from READY to its end.
  private func converse(
    on connection: inout BrokerConnection, with handler: inout RequestHandler, _ state: inout ReconnectState
  ) throws(ZeroMQError) -> End {
    var lastHeard = ContinuousClock.now
    var nextHeartbeat = lastHeard + configuration.heartbeat.interval
    var message = MultipartMessage()
    var isMember = false
    defer { if isMember { pools.leave(broker) } }
    do throws(ZeroMQError) {
      while !stop.isRaised {
        let hasCommand = try connection.socket.receiveInTime(into: &message)
        let now = ContinuousClock.now
        if hasCommand {
          lastHeard = now
          if let end = try answer(&message, on: connection.socket, with: &handler) { return end }
          if !isMember { pools.join(broker) }
          isMember = true
          if state.succeed() { logger.notice("joined", metadata: [LogKey.endpoint: "\(broker)"]) }
        } else {
          if let failure = try connection.takeFailure() { return .notConnected(failure) }
          // Judged only when nothing has come: the process may have been stopped for a while.
          guard now < lastHeard + configuration.heartbeat.timeout else { return .silent }
        }
        guard now >= nextHeartbeat else { continue }
        nextHeartbeat = now + configuration.heartbeat.interval
        try connection.socket.send(.heartbeat)
      }
      try leave(connection, &message, with: &handler)
      return .stopped
    } catch {
      // There is nowhere to send to.
      guard error.code == .timedOut else { throw error }
      return .notConnected(try connection.takeFailure() ?? .unread)
    }
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
      guard message.count > Self.bodyStart, message.isEmptyFrame(Self.bodyStart - 1) else {
        return .brokenProtocol("a REQUEST without an address, an empty part and a body")
      }
      let parts = message.count - Self.bodyStart
      let reply =
        parts == 1
        ? message.withFrame(Self.bodyStart) { handler.answer($0) } : handler.answer(multipart: parts)
      try socket.send(.final, more: true)
      _ = try socket.sendIfReady(&message, frames: Self.addressStart..<Self.bodyStart, more: true)
      try socket.send(reply, of: handler)
      return nil
    case .ready, .partial, .final: return .brokenProtocol("what a worker says")
    case nil: return .brokenProtocol(Majordomo.dialect(of: message, at: 0))
    }
  }

  /// The parts of a REQUEST: two of the command, the address, an empty one, and then the body.
  private static let addressStart = 2
  private static let bodyStart = 4
}
