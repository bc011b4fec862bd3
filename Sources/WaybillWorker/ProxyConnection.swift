internal import Connections
internal import CurveSecurity
internal import Diagnostics
internal import Logging
internal import ZeroMQ

/// The connection of a socket to a proxy: made again with back-off whatever ends it, by each way to the proxy in turn.
///
/// It says what is to be done; the socket's thread does it.
struct ProxyConnection {
  /// What is to be done with the socket.
  enum Action: Hashable {
    case connect(Route)
    case disconnect(Route)
  }

  private enum Phase {
    case waiting(until: ContinuousClock.Instant)
    /// Until the time given somebody has to be there.
    case trying(ConnectionAttempt, until: ContinuousClock.Instant)
  }

  private let endpoint: Endpoint
  private let security: ClientSecurity
  private let logger: Logger
  private var phase: Phase
  private var state = ReconnectState()
  private var route: Route?
  /// The ways that were not tried since the last wait.
  private var others: [Route] = []
  private var due: [Action] = []

  /// How long it may take until somebody is there.
  private static let longestAttempt = Duration.seconds(15)
  /// Two attempts do not follow each other at once, so that what is told of the first is not taken for the second.
  private static let pause = Duration.milliseconds(50)

  /// A connection that is due at once.
  init(to endpoint: Endpoint, as security: ClientSecurity, logger: Logger) {
    self.endpoint = endpoint
    self.security = security
    self.logger = logger
    phase = .waiting(until: .now)
  }

  /// Takes note of an event of the socket.
  ///
  /// - Returns: Whether it is one of this connection.
  mutating func note(_ event: MonitorEvent, at now: ContinuousClock.Instant) -> Bool {
    guard event.endpoint == route?.address else { return false }
    guard case .trying(var attempt, let until) = phase else { return true }
    let end = attempt.note(event.kind)
    phase = .trying(attempt, until: until)
    if event.kind == .handshakeSucceeded, state.succeed() {
      logger.notice("connected", metadata: [LogKey.endpoint: "\(endpoint)"])
    }
    if let end { fail(end, at: now) }
    return true
  }

  /// What is to be done now. Names are looked up and keys are read, which may take a while.
  mutating func takeDue(at now: ContinuousClock.Instant) -> [Action] {
    switch phase {
    case .waiting(let until) where until <= now: connect(at: now)
    case .trying(let attempt, let until) where !attempt.hasConnected && until <= now: fail(.refused, at: now)
    default: break
    }
    defer { due = [] }
    return due
  }

  private mutating func connect(at now: ContinuousClock.Instant) {
    do throws(RouteError) {
      if others.isEmpty { others = try endpoint.routes(as: security) }
    } catch {
      return fail(.noRoute("\(error)"), at: now)
    }
    let next = others.removeFirst()
    route = next
    phase = .trying(ConnectionAttempt(), until: now + Self.longestAttempt)
    due.append(.connect(next))
  }

  /// A way that leads nowhere is worth a line when there is no other.
  private mutating func fail(_ failure: ConnectionFailure, at now: ContinuousClock.Instant) {
    if let route { due.append(.disconnect(route)) }
    route = nil
    if state.isUp { others = [] }
    guard others.isEmpty else {
      phase = .waiting(until: now + Self.pause)
      return
    }
    let reason = failure.reason("proxy")
    logger.log(
      level: state.fail(reason, isNews: failure != .refused) ? .warning : .debug, "connecting again",
      metadata: [LogKey.endpoint: "\(endpoint)", LogKey.reason: "\(reason)"])
    phase = .waiting(until: now + max(Self.pause, state.nextWait()))
  }
}
