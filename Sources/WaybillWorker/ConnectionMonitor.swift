internal import Concurrency
internal import Diagnostics
internal import Dispatch
internal import Foundation
internal import Logging
internal import Synchronization
internal import WaybillServer
internal import ZeroMQ

/// Says which connections of a worker's come to nothing, and has those made again that libzmq gives up.
///
/// A proxy that refuses a key says so once, and libzmq does not come again: the worker would wait for ever.
final class ConnectionMonitor: Sendable {
  private let monitor: Lock<Monitor?>
  private let addresses: [String]
  private let signal: StopSignal
  private let logger: Logger
  private let limit = Lock(RateLimit(most: 10, each: .seconds(10)))
  private let lost = Lock<[String]>([])
  private let hasLost = Atomic(false)
  private let stop = Latch()
  private let ended = Latch()

  /// The time before a connection is made again.
  private static let pause = Duration.seconds(2)

  /// Watches on a thread of its own, which ends when the socket is closed.
  ///
  /// - Parameters:
  ///   - monitor: The socket's.
  ///   - addresses: The endpoints that the socket connects to.
  ///   - signal: Wakes the socket's thread.
  ///   - logger: Where to say what failed.
  init(_ monitor: consuming sending Monitor, addresses: [String], signal: StopSignal, logger: Logger) {
    self.monitor = Lock(consume monitor)
    self.addresses = addresses
    self.signal = signal
    self.logger = logger
    NamedThread.start("waybill-monitor") { [self] in
      if let monitor = self.monitor.withLock({ $0.take() }) { watch(monitor) }
      ended.open()
    }
  }

  /// Waits until the thread has seen that the socket is closed.
  func end() {
    stop.open()
    _ = ended.wait(atMost: .seconds(2))
  }

  /// The endpoints to connect to again, each once; for the socket's thread, between two requests.
  func takeLost() -> [String] {
    guard hasLost.load(ordering: .relaxed) else { return [] }
    hasLost.store(false, ordering: .relaxed)
    return lost.withLock { endpoints in
      defer { endpoints = [] }
      return endpoints
    }
  }

  private func watch(_ monitor: borrowing Monitor) {
    // Only connections that the socket made itself are told of as connected.
    var own: Set<String> = []
    // The monitor ends with the socket; that it fails means that the context ends.
    while let event = try? monitor.next() {
      if event.kind == .connected {
        own.insert(event.endpoint)
      } else if own.contains(event.endpoint) {
        noteFailure(ofOwn: event)
      } else {
        noteFailure(ofPeers: event)
      }
    }
  }

  private func noteFailure(ofOwn event: MonitorEvent) {
    switch event.kind {
    case .authenticationFailed: log(event, "the proxy does not allow this worker's key")
    case .protocolError: log(event, "the proxy speaks another security mechanism, or has another key")
    case .handshakeFailed:
      log(event, "the proxy ended the connection before a word was said: is --server-key its key?")
      // This one libzmq makes again itself.
      return
    default: return
    }
    guard !stop.wait(atMost: Self.pause) else { return }
    // libzmq tells of an endpoint as it was given, or as it was resolved.
    let place = EndpointAddress.all(of: event.endpoint)
    let again = addresses.filter { $0 == event.endpoint || !place.isDisjoint(with: EndpointAddress.all(of: $0)) }
    lost.withLock { lost in lost += again.filter { !lost.contains($0) } }
    hasLost.store(true, ordering: .relaxed)
    signal.wake()
  }

  private func noteFailure(ofPeers event: MonitorEvent) {
    guard case .protocolError = event.kind else { return }
    log(event, "a client speaks another security mechanism, or has another key for this server")
  }

  private func log(_ event: MonitorEvent, _ reason: String) {
    guard limit.withLock({ $0.admit(at: .now) }) else { return }
    logger.warning(
      "a connection came to nothing", metadata: [LogKey.endpoint: "\(event.endpoint)", LogKey.reason: "\(reason)"])
  }
}
