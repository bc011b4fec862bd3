/// What a worker has in hand.
enum WorkerState {
  case idle
  case busy(Assignments)
  /// Something was taken back from it. It gets nothing until it has answered everything.
  case overdue(Assignments)

  var assignments: Assignments? {
    switch self {
    case .idle: nil
    case .busy(let assignments), .overdue(let assignments): assignments
    }
  }
}
