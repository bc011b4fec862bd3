package import WaybillServer

/// How long and how much a broker waits.
package struct DispatchLimits: Sendable, Hashable {
  /// How long after it came a request is refused that nobody answered. Shorter than a client waits, so that the client
  /// hears why: ``Client`` waits 5 seconds.
  package var deadline: Duration
  /// How long a worker may have a request before another worker is asked as well.
  package var retryAfter: Duration
  /// How long a request may be behind another one at a worker before another worker is asked.
  package var retryBehindAfter: Duration
  /// How long a broker that has just begun waits for its first worker: those of the broker before it join within that.
  package var gathering: Duration
  /// How many workers may be lost with a request before it is refused, lest it take all of them along.
  package var maxAttempts: Int
  /// How many requests may wait for a worker.
  package var maxWaiting: Int
  /// How many bytes the requests that wait or are with a worker may have together.
  package var maxBytes: Int
  /// How many requests a worker may have that answers quickly, when no other one is idle. With one, every request costs
  /// both ends a wake-up, which takes longer than answering it.
  package var maxInFlight: Int
  /// A worker that answers within this time is quick: it may have one more request.
  package var pipelineThreshold: Duration
  /// How often the broker tells a worker that it is there, and after how long without a word a worker counts as lost.
  package var heartbeat: Majordomo.Heartbeat

  /// Limits; those left out are the defaults.
  package init(
    deadline: Duration = .seconds(4), retryAfter: Duration = .seconds(1),
    retryBehindAfter: Duration = .milliseconds(20), gathering: Duration = .seconds(2), maxAttempts: Int = 3,
    maxWaiting: Int = 10_000, maxBytes: Int = 64 << 20, maxInFlight: Int = 8,
    pipelineThreshold: Duration = .milliseconds(5), heartbeat: Majordomo.Heartbeat = .init()
  ) {
    self.deadline = deadline
    self.retryAfter = retryAfter
    self.retryBehindAfter = retryBehindAfter
    self.gathering = gathering
    self.maxAttempts = maxAttempts
    self.maxWaiting = maxWaiting
    self.maxBytes = maxBytes
    self.maxInFlight = maxInFlight
    self.pipelineThreshold = pipelineThreshold
    self.heartbeat = heartbeat
  }
}
