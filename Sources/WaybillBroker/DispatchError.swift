internal import ImageAPI
internal import WaybillServer

/// Why the broker answers a request itself.
enum DispatchError: Error, Equatable {
  /// There is no worker.
  case noWorker
  /// As many requests wait as may.
  case queueFull
  /// No worker answered within so long.
  case deadline(Duration)
  /// Each of so many workers that were given the request was gone before it answered.
  case workersLost(Int)
  /// Too many large replies wait for clients that do not read them.
  case unread
  /// The broker ends.
  case stopping

  /// What the client is told. Those after which it may do better elsewhere or later have codes that say so.
  var error: APIError {
    switch self {
    case .noWorker:
      APIError(.unavailable, "the broker has no worker that is ready: ask again later, or ask another broker")
    case .queueFull:
      APIError(.resourceExhausted, "the broker's queue is full: ask again later, or ask another broker")
    case .deadline(let time):
      APIError(.deadlineExceeded, "no worker answered the broker within \(time)")
    case .workersLost(let count):
      APIError(.internal, "\(count) workers were given the request, and each was gone before it answered")
    case .unread: OutstandingReplies.refusal
    case .stopping:
      APIError(.unavailable, "the broker is stopping: ask again later, or ask another broker")
    }
  }
}
