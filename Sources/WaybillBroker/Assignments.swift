/// What a worker was given and has not answered: at least one request, the one given first in front.
///
/// A request stays among them when it is over, or with another worker by now, as the worker still has to answer it.
struct Assignments {
  struct Assignment {
    let request: Handle
    let since: Dispatcher.Time
  }

  private(set) var first: Assignment
  private var others: [Assignment] = []

  init(_ first: Assignment) {
    self.first = first
  }

  var count: Int { 1 + others.count }

  /// All of them, in order.
  var all: [Assignment] { [first] + others }

  /// The assignment of a request; nil when the worker was not given it.
  subscript(_ request: Handle) -> Assignment? {
    first.request == request ? first : others.first { $0.request == request }
  }

  mutating func append(_ assignment: Assignment) {
    others.append(assignment)
  }

  /// Takes out one of them.
  ///
  /// - Returns: Whether there are others. If not, the value is of no use any more.
  mutating func remove(_ request: Handle) -> Bool {
    if first.request == request {
      guard !others.isEmpty else { return false }
      first = others.removeFirst()
    } else {
      others.removeAll { $0.request == request }
    }
    return true
  }
}
