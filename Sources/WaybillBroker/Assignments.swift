/// What a worker was given and has not answered: at least one request, the one given first in front.
///
/// A request stays among them when it is over, or with another worker by now, as the worker still has to answer it.
struct Assignments {
  struct Assignment {
    let request: Handle
    let since: ContinuousClock.Instant
  }

  private(set) var first: Assignment
  private var others: [Assignment] = []

  init(_ first: Assignment) {
    self.first = first
  }

  var count: Int { 1 + others.count }

  /// All of them, in order.
  var all: [Assignment] { [first] + others }

  func appending(_ assignment: Assignment) -> Assignments {
    var result = self
    result.others.append(assignment)
    return result
  }

  /// Finds the assignment of a request.
  ///
  /// - Returns: It, and what is left without it; nil when the worker was not given the request.
  func removing(_ request: Handle) -> (assignment: Assignment, rest: Assignments?)? {
    if first.request == request {
      guard let second = others.first else { return (first, nil) }
      var rest = Assignments(second)
      rest.others = Array(others.dropFirst())
      return (first, rest)
    }
    guard let index = others.firstIndex(where: { $0.request == request }) else { return nil }
    var rest = self
    return (rest.others.remove(at: index), rest)
  }
}
