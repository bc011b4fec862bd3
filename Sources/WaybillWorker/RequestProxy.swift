internal import CurveSecurity
internal import ImageAPI
internal import ImageWire
internal import Logging
internal import MessagePack
internal import Synchronization
internal import WaybillServer
internal import ZeroMQ

/// Distributes the requests of a worker's endpoints among its threads, each to one that has room.
///
/// A thread has one request and one more waiting, so that no client waits for a long list while another thread is idle.
final class RequestProxy: Sendable {
  /// Where the threads connect to.
  let endpoint: String
  private let context: Context
  private let configuration: WorkerConfiguration
  private let logger: Logger
  private let meter: RequestMeter
  private let stop: StopSignal
  private let running: Atomic<Int>

  init(
    in context: Context, _ configuration: WorkerConfiguration, meter: RequestMeter, stop: StopSignal, logger: Logger
  ) {
    self.context = context
    self.configuration = configuration
    self.meter = meter
    self.stop = stop
    self.logger = logger
    endpoint = "inproc://threads"
    running = Atomic(configuration.threads)
  }

  /// Notes that a thread has ended.
  func threadEnded() {
    running.subtract(1, ordering: .releasing)
  }

  /// Passes requests and replies on until every thread has ended, each of which has a deadline for that.
  func run() throws(ZeroMQError) {
    let endpoints = try WorkerEndpoints(configuration, in: context, meter.refusals, logger: logger)
    defer { endpoints.close() }
    let clients = try Socket(.router, in: context)
    try clients.configureForClients(linger: configuration.linger)
    let threads = try Socket(.dealer, in: context)
    try threads.set(.sendHighWaterMark, to: 1)
    try threads.set(.linger, to: .zero)
    try threads.bind(endpoint)
    try endpoints.open(on: clients)

    var poller = Poller()
    poller.add(clients)
    poller.add(threads)
    var part = Message()
    let request = PendingRequest()
    var unpacker = Unpacker(limits: .request)
    while true {
      // Looked at first, so that the last replies of a thread are passed on after it has ended.
      let isOver = stop.isRaised && running.load(ordering: .acquiring) == 0
      var hasRoom = true
      var isIdle = true
      while try Self.pass(&part, from: threads, to: clients) { isIdle = false }
      for _ in 0..<Self.batch {
        hasRoom = try threads.events.contains(.writable)
        guard hasRoom else { break }
        if endpoints.authenticator.hasList {
          guard try pass(request, from: clients, to: threads, past: endpoints.authenticator, &unpacker) else { break }
        } else {
          guard try Self.pass(&part, from: clients, to: threads) else { break }
        }
        isIdle = false
      }
      try endpoints.reconnect(clients)
      guard isIdle else { continue }
      if isOver { return }
      poller.setInterest(hasRoom ? .readable : [], at: 0)
      poller.setInterest(hasRoom ? .readable : [.readable, .writable], at: 1)
      // A thread that ends sends nothing.
      try poller.wait(timeout: stop.isRaised ? .milliseconds(10) : StopSignal.checkInterval)
    }
  }

  /// How many requests are passed on before the replies have their turn.
  private static let batch = 64

  private static func pass(
    _ part: inout Message, from source: borrowing Socket, to target: borrowing Socket
  ) throws(ZeroMQError) -> Bool {
    guard try source.receiveIfReady(into: &part) else { return false }
    while part.hasMore {
      _ = try target.sendIfReady(&part, more: true)
      try source.receive(into: &part)
    }
    _ = try target.sendIfReady(&part)
    return true
  }

  /// Passes a request on when its sender is still allowed, and refuses it otherwise: the other threads do not see who sent it.
  private func pass(
    _ request: PendingRequest, from clients: borrowing Socket, to threads: borrowing Socket,
    past authenticator: ZAPAuthenticator,
    _ unpacker: inout Unpacker
  ) throws(ZeroMQError) -> Bool {
    guard try clients.receiveIfReady(into: &request.message, maxParts: .max, maxBytes: .max) else { return false }
    if request.findBody(), request.bodyStart < request.message.count,
      let refusal = authenticator.refusal(of: request.message, frame: request.bodyStart)
    {
      let bytes = try request.answer(refusal, on: clients, &unpacker)
      meter.count(nil, refusal.code, in: .plain, replyOf: bytes, took: 0)
    } else {
      _ = try threads.sendIfReady(&request.message)
    }
    return true
  }
}
