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

  // The assignments are changed in place: while they are changed, the state does not hold them as well.

  /// Gives the worker one more request.
  mutating func assign(_ assignment: Assignments.Assignment) {
    switch self {
    case .idle:
      self = .busy(Assignments(assignment))
    case .busy(var assignments):
      self = .idle
      assignments.append(assignment)
      self = .busy(assignments)
    case .overdue:
      preconditionFailure("a worker that is overdue gets nothing")
    }
  }

  /// Takes out a request that the worker has answered, or was never sent.
  mutating func remove(_ request: Handle) {
    switch self {
    case .idle:
      break
    case .busy(var assignments):
      self = .idle
      if assignments.remove(request) { self = .busy(assignments) }
    case .overdue(var assignments):
      self = .idle
      if assignments.remove(request) { self = .overdue(assignments) }
    }
  }

  /// Notes that something was taken back.
  mutating func fallBehind() {
    if case .busy(let assignments) = self { self = .overdue(assignments) }
  }
}
