/// Where a worker stands.
public struct WorkerConfiguration: Sendable {
  /// A place in the network, and who waits for whom there.
  public enum Endpoint: Sendable, Hashable {
    /// Clients come to the worker.
    case bind(String)
    /// The worker goes to a proxy's DEALER, and shares the clients that come there with other workers.
    case connect(String)
  }

  /// Where the worker serves: `tcp://host:port` or `ipc://path`.
  public var endpoints: [Endpoint]
  /// What is asked of those who come to an endpoint that the worker binds.
  public var security: ServerSecurity
  /// How the worker proves who it is to a proxy that it connects to.
  public var proxySecurity: ClientSecurity
  /// How long to go on after the signal to stop, answering what has arrived.
  public var drainTime: Duration
  /// How long to keep the connections open after that, for replies that are still being sent.
  public var linger: Duration

  /// A worker that serves at `endpoints`.
  public init(
    endpoints: [Endpoint], security: ServerSecurity = .none, proxySecurity: ClientSecurity = .none,
    drainTime: Duration = .seconds(1), linger: Duration = .milliseconds(1_500)
  ) {
    self.endpoints = endpoints
    self.security = security
    self.proxySecurity = proxySecurity
    self.drainTime = drainTime
    self.linger = linger
  }
}
