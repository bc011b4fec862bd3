internal import ImageRegistry
internal import Logging
internal import MessagePack
internal import WaybillServer
internal import ZeroMQ

/// A REP socket that answers each request from a registry, on the thread that calls.
struct RequestServer: Sendable {
  let context: Context
  let configuration: WorkerConfiguration
  let registry: ImageRegistry
  let meter: RequestMeter
  let outstanding: OutstandingReplies
  let logger: Logger
  let stop: StopSignal

  /// Serves at the configured endpoints, where other processes are.
  func serve() throws(ZeroMQError) {
    let endpoints = try WorkerEndpoints(configuration, in: context, meter.refusals, logger: logger)
    defer { endpoints.close() }
    let socket = try Socket(.rep, in: context)
    try socket.configureForClients(linger: configuration.linger)
    try endpoints.open(on: socket)
    try serve(on: socket, endpoints)
  }

  /// Serves what comes from another thread of this process.
  func serve(inside endpoint: String) throws(ZeroMQError) {
    let socket = try Socket(.rep, in: context)
    try socket.set(.linger, to: configuration.linger)
    try socket.set(.receiveHighWaterMark, to: 1)
    try socket.connect(endpoint)
    try serve(on: socket, nil)
  }

  /// Without endpoints, the requests come from a ``RequestProxy``, which has checked who sent them.
  private func serve(on socket: borrowing Socket, _ endpoints: WorkerEndpoints?) throws(ZeroMQError) {
    var handler = RequestHandler(registry: registry, meter: meter, outstanding: outstanding)
    var message = Message()
    try socket.set(.receiveTimeout, to: StopSignal.checkInterval)
    while !stop.isRaised {
      if try socket.receiveInTime(into: &message) {
        try answer(message, on: socket, with: &handler, endpoints)
      }
      try endpoints?.reconnect(socket)
    }

    // The endpoints stay bound: libzmq closes the connections with the endpoint that they came to. And between two
    // requests that have arrived the socket may look empty, as another thread takes them from the network.
    let deadline = ContinuousClock.now + configuration.drainTime
    var poller = Poller()
    poller.add(socket)
    while ContinuousClock.now < deadline, try poller.wait(timeout: StopSignal.quietTime) > 0 {
      while ContinuousClock.now < deadline, try socket.receiveIfReady(into: &message) {
        try answer(message, on: socket, with: &handler, endpoints)
      }
    }
  }

  private func answer(
    _ message: borrowing Message, on socket: borrowing Socket, with handler: inout RequestHandler,
    _ endpoints: WorkerEndpoints?
  ) throws(ZeroMQError) {
    let reply: RequestHandler.Reply
    if message.hasMore {
      reply = handler.answer(multipart: 1 + (try socket.discardRemainingParts()))
    } else if let refusal = endpoints?.authenticator.refusal(of: message) {
      reply = message.withBytes { handler.refuse($0, with: refusal) }
    } else {
      reply = message.withBytes { handler.answer($0) }
    }
    try socket.send(reply, of: handler)
  }
}
