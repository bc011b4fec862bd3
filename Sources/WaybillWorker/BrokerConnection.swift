internal import CurveSecurity
internal import WaybillServer
internal import ZeroMQ

/// A worker's connection to a broker: a fresh DEALER on which nothing waits without end.
struct BrokerConnection: ~Copyable {
  let socket: Socket
  private let monitor: Monitor

  /// A connection that is not made yet.
  ///
  /// - Throws: `tooManySockets` when there is no descriptor left.
  init(as security: ClientSecurity, in context: Context) throws(ZeroMQError) {
    let socket = try Socket(.dealer, in: context)
    try socket.configureForBroker()
    try socket.set(.receiveTimeout, to: StopSignal.checkInterval)
    // A connection that was refused has no queue any more, and a send would wait for one for ever.
    try socket.set(.sendTimeout, to: .zero)
    try security.apply(to: socket)
    let monitor = try socket.monitor()
    try monitor.socket.set(.receiveTimeout, to: .zero)
    self.socket = socket
    self.monitor = monitor
  }

  /// Connects to `broker` and says READY, which arrives as soon as somebody is there.
  func join(_ broker: String) throws(ZeroMQError) {
    try socket.connect(broker)
    try socket.send(.ready, more: true)
    try socket.send(Majordomo.service)
  }

  /// The failure of a handshake since the last look, if there was one.
  func takeFailure() throws(ZeroMQError) -> HandshakeFailure? {
    do throws(ZeroMQError) {
      while let event = try monitor.next() {
        if let failure = HandshakeFailure(event.kind) { return failure }
      }
      return nil
    } catch {
      guard error.code == .timedOut else { throw error }
      return nil
    }
  }
}
