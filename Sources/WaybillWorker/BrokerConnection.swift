internal import Connections
internal import CurveSecurity
internal import WaybillServer
internal import ZeroMQ

/// A worker's connection to a broker: a fresh DEALER on which nothing waits without end.
struct BrokerConnection: ~Copyable {
  let socket: Socket
  private let monitor: Monitor
  private var attempt = ConnectionAttempt()

  /// Connects, and says READY, which arrives as soon as somebody is there.
  ///
  /// - Parameters:
  ///   - route: A way to the broker.
  ///   - name: What the broker is to call the worker.
  ///   - context: The context of the socket.
  /// - Throws: `tooManySockets` when there is no descriptor left.
  init(by route: Route, as name: [UInt8], in context: Context) throws(ZeroMQError) {
    let socket = try Socket(.dealer, in: context)
    try socket.set(.routingID, to: name)
    try socket.configureForBroker()
    try socket.set(.receiveTimeout, to: StopSignal.checkInterval)
    // A connection that is over has no queue any more, and a send would wait for one for ever.
    try socket.set(.sendTimeout, to: .zero)
    let monitor = try socket.monitor()
    try monitor.socket.set(.receiveTimeout, to: .zero)
    try route.connect(socket)
    try socket.send(.ready, more: true)
    try socket.send(Majordomo.service)
    self.socket = socket
    self.monitor = monitor
  }

  /// Why the connection is over; nil as long as it is not.
  mutating func takeFailure() throws(ZeroMQError) -> ConnectionFailure? {
    do throws(ZeroMQError) {
      while let event = try monitor.next() {
        if let failure = attempt.note(event.kind) { return failure }
      }
      return nil
    } catch {
      guard error.code == .timedOut else { throw error }
      return nil
    }
  }
}
