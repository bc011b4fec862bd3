package import CurveSecurity
package import WaybillServer

/// Where and how a worker serves.
package struct WorkerConfiguration: Sendable {
  /// An address, and who connects to whom there.
  package enum Endpoint: Sendable, Hashable {
    /// Clients connect to the worker.
    case bind(String)
    /// The worker connects to a proxy's DEALER, and shares the proxy's clients with other workers.
    case connect(String)
    /// The worker connects to a broker, and joins its pool.
    case broker(String)
  }

  /// Where the worker serves: `tcp://host:port` or `ipc://path`.
  package var endpoints: [Endpoint]
  /// What peers have to prove that connect to an endpoint of the worker.
  package var security: ServerSecurity
  /// How the worker proves who it is to a proxy or a broker that it connects to.
  package var peerSecurity: ClientSecurity
  /// Which worker it is.
  package var identity: ServiceIdentity
  /// How many requests are answered at once, 1 or more; in the pools of brokers, at once for each of them.
  package var threads: Int
  /// How many bytes of large replies may wait for their clients, but for the lists that are shared.
  package var maxOutstandingBytes: Int
  /// How often the worker tells a broker that it is there, and how long it waits for a word of the broker.
  package var heartbeat: Majordomo.Heartbeat
  /// How long to go on after the signal to stop, answering what has arrived.
  package var drainTime: Duration
  /// How long to keep the connections open after that, for replies that are still being sent.
  package var linger: Duration

  /// A worker that serves at `endpoints`.
  package init(
    endpoints: [Endpoint], security: ServerSecurity = .none, peerSecurity: ClientSecurity = .none,
    identity: ServiceIdentity = ServiceIdentity(), threads: Int = 1,
    maxOutstandingBytes: Int = 512 << 20, heartbeat: Majordomo.Heartbeat = .init(),
    drainTime: Duration = .seconds(1), linger: Duration = .milliseconds(1_500)
  ) {
    precondition(threads > 0)
    self.endpoints = endpoints
    self.security = security
    self.peerSecurity = peerSecurity
    self.identity = identity
    self.threads = threads
    self.maxOutstandingBytes = maxOutstandingBytes
    self.heartbeat = heartbeat
    self.drainTime = drainTime
    self.linger = linger
  }
}

extension WorkerConfiguration {
  var brokers: [String] {
    endpoints.compactMap { if case .broker(let address) = $0 { address } else { nil } }
  }

  /// Whether there are endpoints that are not brokers.
  var hasEndpoints: Bool { brokers.count < endpoints.count }
}
