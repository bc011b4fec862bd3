/// How long and how much a broker waits.
package struct DispatchLimits: Sendable, Hashable {
  /// How long after it came a request is refused that nobody answered. Shorter than a client waits, so that the client
  /// hears why: ``Client`` waits 5 seconds.
  package var deadline: Duration
  /// How long a worker may have a request before another one is asked as well.
  package var patience: Duration
  /// After how many workers that vanished with it a request is refused, lest it take all of them along.
  package var losses: Int
  /// How many requests may wait for a worker.
  package var waiting: Int
  /// How many bytes the requests that wait or are with a worker may have together.
  package var bytes: Int
  /// How many requests a worker may have that answers quickly, when no other one is idle. With one, every request costs
  /// both ends a wake-up, which takes longer than answering it.
  package var depth: Int
  /// What counts as quick.
  package var quick: Duration
  /// How long a request may be behind another one before another worker is asked.
  package var patienceBehind: Duration
  /// The time between two signs of life from the broker to a worker.
  package var heartbeatInterval: Duration
  /// After how long without a sign of life from a worker it counts as gone.
  package var heartbeatTimeout: Duration

  /// Limits; those left out are the defaults.
  package init(
    deadline: Duration = .seconds(4), patience: Duration = .seconds(1), losses: Int = 3, waiting: Int = 10_000,
    bytes: Int = 64 << 20, depth: Int = 8, quick: Duration = .milliseconds(5),
    patienceBehind: Duration = .milliseconds(20), heartbeatInterval: Duration = .milliseconds(500),
    heartbeatTimeout: Duration = .milliseconds(2_500)
  ) {
    self.deadline = deadline
    self.patience = patience
    self.losses = losses
    self.waiting = waiting
    self.bytes = bytes
    self.depth = depth
    self.quick = quick
    self.patienceBehind = patienceBehind
    self.heartbeatInterval = heartbeatInterval
    self.heartbeatTimeout = heartbeatTimeout
  }
}
