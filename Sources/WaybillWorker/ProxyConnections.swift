internal import Diagnostics
internal import Logging
internal import ZeroMQ

/// What became of the connections of a socket: those that it makes to proxies, and those that clients make to it.
struct ProxyConnections {
  private let addresses: [String]
  private let logger: Logger
  private var states: [String: ReconnectState]
  /// When to connect to the addresses again that libzmq gave up.
  private var retries: [String: ContinuousClock.Instant] = [:]
  /// The configured addresses by the endpoints that events name. Only for connections that the socket makes itself there
  /// are `connected` events.
  private var addressesOfEndpoint: [String: [String]] = [:]
  private var clientFailures = RateLimit(most: 10, each: .seconds(10))

  /// - Parameters:
  ///   - addresses: The endpoints that the socket connects to.
  ///   - logger: Where to say what failed, and that it is over.
  init(_ addresses: [String], logger: Logger) {
    self.addresses = addresses
    self.logger = logger
    states = Dictionary(addresses.map { ($0, ReconnectState()) }) { first, _ in first }
  }

  /// Takes note of an event.
  mutating func note(_ event: MonitorEvent) {
    if event.kind == .connected, addressesOfEndpoint[event.endpoint] == nil {
      addressesOfEndpoint[event.endpoint] = addresses(of: event.endpoint)
    }
    guard let own = addressesOfEndpoint[event.endpoint] else { return noteClient(event) }
    for address in own { note(event.kind, at: address) }
  }

  /// The addresses whose time has come, each once.
  mutating func takeDue(at now: ContinuousClock.Instant) -> [String] {
    let due = retries.filter { $0.value <= now }.keys
    for address in due { retries[address] = nil }
    return due.sorted()
  }

  private mutating func note(_ kind: MonitorEvent.Kind, at address: String) {
    guard var state = states[address] else { return }
    defer { states[address] = state }
    if kind == .handshakeSucceeded {
      if state.succeed() { logger.notice("connected", metadata: [LogKey.endpoint: "\(address)"]) }
    } else if kind == .disconnected, state.isUp {
      logFailure(&state, address, "the proxy closed the connection")
    } else if let failure = HandshakeFailure(kind) {
      logFailure(&state, address, failure.reason("proxy"))
      if failure.isFinal { retries[address] = .now + state.nextWait() }
    }
  }

  private func logFailure(_ state: inout ReconnectState, _ address: String, _ reason: String) {
    guard state.fail(reason) else { return }
    logger.warning("connecting again", metadata: [LogKey.endpoint: "\(address)", LogKey.reason: "\(reason)"])
  }

  private mutating func noteClient(_ event: MonitorEvent) {
    guard case .protocolError = event.kind, clientFailures.admit(at: .now) else { return }
    logger.warning(
      "a client's connection failed",
      metadata: [
        LogKey.endpoint: "\(event.endpoint)",
        LogKey.reason: "the client uses another security mechanism, or has another key for this server",
      ])
  }

  /// libzmq names an endpoint as it was given, or by the address that its host name stands for.
  private func addresses(of endpoint: String) -> [String] {
    guard addresses.count > 1, !addresses.contains(endpoint) else {
      return addresses.count == 1 ? addresses : [endpoint]
    }
    let places = EndpointAddress.all(of: endpoint)
    return addresses.filter { !places.isDisjoint(with: EndpointAddress.all(of: $0)) }
  }
}
