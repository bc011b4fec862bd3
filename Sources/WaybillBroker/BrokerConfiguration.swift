package import CurveSecurity

/// Where a broker listens, and how long and how much it waits.
package struct BrokerConfiguration: Sendable {
  /// Where clients connect to: `tcp://host:port` or `ipc://path`.
  package var frontends: [String]
  /// Where workers connect to.
  package var backends: [String]
  /// Which clients may connect to a frontend.
  package var clientSecurity: ServerSecurity
  /// Which workers may connect to a backend. Their answers are believed.
  package var workerSecurity: ServerSecurity
  /// How long and how much it waits.
  package var limits: DispatchLimits
  /// How many bytes of large replies may wait for clients to read them, before such replies are refused.
  package var maxOutstandingBytes: Int
  /// How long to go on after the signal to stop, until everything that has arrived is answered.
  package var drainTime: Duration
  /// How long to keep the connections open after that, for replies that are still being sent.
  package var linger: Duration

  /// A broker between these endpoints.
  package init(
    frontends: [String], backends: [String], clientSecurity: ServerSecurity = .none,
    workerSecurity: ServerSecurity = .none, limits: DispatchLimits = DispatchLimits(),
    maxOutstandingBytes: Int = 512 << 20, drainTime: Duration = .seconds(2), linger: Duration = .milliseconds(1_500)
  ) {
    self.frontends = frontends
    self.backends = backends
    self.clientSecurity = clientSecurity
    self.workerSecurity = workerSecurity
    self.limits = limits
    self.maxOutstandingBytes = maxOutstandingBytes
    self.drainTime = drainTime
    self.linger = linger
  }
}
