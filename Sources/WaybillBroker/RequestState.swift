/// Where a request is that is not over.
enum RequestState {
  /// It waits for a worker.
  case waiting
  /// It was given to a worker that was idle.
  case inFlight(worker: Int, until: Dispatcher.Time)
  /// It was given to a worker that had others.
  case behind(worker: Int, until: Dispatcher.Time)

  /// The worker that has it, and when that worker has had it for too long.
  var holder: (worker: Int, until: Dispatcher.Time)? {
    switch self {
    case .waiting: nil
    case .inFlight(let worker, let until), .behind(let worker, let until): (worker, until)
    }
  }
}
