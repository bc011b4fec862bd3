internal import ImageAPI
internal import WaybillServer

/// Why the broker answers a request itself.
enum DispatchError: Error, Equatable {
  /// There is no worker.
  case noWorker
  /// The queue has no room for the request.
  case queueFull
  /// The client has used up its share of the queue.
  case shareUsed
  /// The client leaves too many large replies unread to be sent more.
  case unread
  /// No worker answered within so long.
  case deadline(Duration)
  /// So many workers were given the request, and each was lost before it answered.
  case workersLost(Int)
  /// The broker is stopping.
  case stopping

  /// What the client is told. The codes of errors that may pass say so.
  var error: APIError {
    switch self {
    case .noWorker:
      APIError(.unavailable, "the broker has no worker that is ready: ask again later, or ask another broker")
    case .queueFull:
      APIError(.resourceExhausted, "the broker's queue is full: ask again later, or ask another broker")
    case .shareUsed:
      APIError(
        .resourceExhausted,
        "this client has used up its share of the broker's queue: wait for answers before you ask for more")
    case .unread: OutstandingReplies.shareRefusal
    case .deadline(let time):
      APIError(.deadlineExceeded, "no worker answered the broker within \(time)")
    case .workersLost(let count):
      APIError(.internal, "\(count) workers were given the request, and each was lost before it answered")
    case .stopping:
      APIError(.unavailable, "the broker is stopping: ask again later, or ask another broker")
    }
  }
}
