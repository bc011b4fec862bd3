internal import ImageAPI
public import ImageRegistry
public import Logging
internal import MessagePack
public import ServiceLifecycle
internal import ZeroMQ

/// A REP socket on a thread of its own that answers each request from a registry.
public struct Worker: Service {
  private let configuration: WorkerConfiguration
  private let registry: ImageRegistry
  private let logger: Logger

  /// A worker that is not running yet.
  public init(_ configuration: WorkerConfiguration, registry: ImageRegistry, logger: Logger) {
    self.configuration = configuration
    self.registry = registry
    self.logger = logger
  }

  /// Serves until the service group shuts down, then answers what has arrived and returns.
  ///
  /// - Throws: `ZeroMQError` when an endpoint cannot be bound or connected to.
  public func run() async throws {
    // One I/O thread serves small replies a fifth cheaper than two, and beside lists of 48 MB still within milliseconds.
    let context = try Context(ioThreads: 1)
    let stop = StopSignal(in: context, name: "worker")
    try await withTaskCancellationOrGracefulShutdownHandler {
      try await onDedicatedThread(named: "waybill-rep") {
        try serve(in: context, until: stop)
      }
    } onCancelOrGracefulShutdown: {
      stop.raise()
    }
  }

  private func serve(in context: Context, until stop: StopSignal) throws(ZeroMQError) {
    let gatekeeper = try Gatekeeper(configuration.security, in: context, logger: logger)
    defer { gatekeeper.stop() }
    var watch: ConnectionWatch?
    defer { watch?.end() }
    let socket = try Socket(.rep, in: context)
    try configure(socket)
    watch = try watchConnections(of: socket, waking: stop)
    try socket.bind(stop.endpoint)
    for endpoint in configuration.endpoints {
      switch endpoint {
      case .bind(let address):
        // Only where it is asked for, as an IPv4 address would be shown as a mapped one.
        try socket.set(.ipv6, to: address.contains("["))
        try configuration.security.apply(to: socket)
        let actual = try socket.bind(address)
        logger.notice("listening", metadata: [LogKey.endpoint: "\(actual)"])
      case .connect(let address):
        try connect(socket, to: address)
        logger.notice("connecting", metadata: [LogKey.endpoint: "\(address)"])
      }
    }

    var handler = RequestHandler(registry: registry)
    var message = Message()
    while !stop.isRaised {
      try socket.receive(into: &message)
      try answer(message, on: socket, with: &handler, gatekeeper)
      for endpoint in watch?.takeLost() ?? [] {
        try socket.disconnect(endpoint)
        try connect(socket, to: endpoint)
      }
    }

    // The endpoints stay bound: libzmq closes the connections with the endpoint that they came to. And between two
    // requests that have arrived the socket may look empty, as another thread takes them from the network.
    let deadline = ContinuousClock.now + configuration.drainTime
    var poller = Poller()
    poller.add(socket)
    while ContinuousClock.now < deadline, try poller.wait(timeout: Self.quietTime) > 0 {
      while ContinuousClock.now < deadline, try socket.receiveIfReady(into: &message) {
        try answer(message, on: socket, with: &handler, gatekeeper)
      }
    }
    logger.notice("stopped")
  }

  /// So long without a request means that none is left.
  private static let quietTime = Duration.milliseconds(100)

  private func configure(_ socket: borrowing Socket) throws(ZeroMQError) {
    try socket.set(.linger, to: configuration.linger)
    // Well above the limit of a request, so that what is somewhat too long gets an error and not a closed connection.
    try socket.set(.maxMessageSize, to: 1 << 20)
    // A peer that never says who it is, or that vanished without a word, is let go.
    try socket.set(.handshakeInterval, to: .seconds(10))
    try socket.set(.heartbeatInterval, to: .seconds(10))
    try socket.set(.heartbeatTimeout, to: .seconds(30))
  }

  private func connect(_ socket: borrowing Socket, to address: String) throws(ZeroMQError) {
    try socket.set(.ipv6, to: true)
    try configuration.proxySecurity.apply(to: socket)
    try socket.connect(address)
  }

  /// Nothing, where everybody is served and nobody else is needed.
  private func watchConnections(
    of socket: borrowing Socket, waking stop: StopSignal
  ) throws(ZeroMQError) -> ConnectionWatch? {
    let addresses = configuration.endpoints.compactMap { if case .connect(let address) = $0 { address } else { nil } }
    guard !addresses.isEmpty || configuration.security != .none else { return nil }
    return ConnectionWatch(try socket.monitor(), addresses: addresses, signal: stop, logger: logger)
  }

  private func answer(
    _ message: borrowing Message, on socket: borrowing Socket, with handler: inout RequestHandler,
    _ gatekeeper: Gatekeeper
  ) throws(ZeroMQError) {
    let reply: PackedBytes
    if message.hasMore {
      reply = handler.reply(toMultipart: 1 + (try socket.discardRemainingParts()))
    } else if let refusal = gatekeeper.refusal(of: message.userID, at: message.peerAddress) {
      reply = message.withBytes { handler.reply(to: $0, refusing: refusal) }
    } else {
      reply = message.withBytes { handler.reply(to: $0) }
    }
    try socket.send(Message(lending: reply))
  }
}

extension Message {
  /// A message that shares its bytes with every other reader of them.
  fileprivate init(lending bytes: PackedBytes) throws(ZeroMQError) {
    self = try bytes.withUnsafeBytes { (buffer) throws(ZeroMQError) in
      try Message(lending: buffer, keepingAlive: bytes)
    }
  }
}
