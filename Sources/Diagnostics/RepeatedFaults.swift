/// What of faults that come again and again is worth a line of a log: the first of each kind, and its end with a count.
///
/// Remembers so many kinds at a time; what comes beyond them is counted together.
package struct RepeatedFaults<Kind: Hashable & Sendable>: Sendable {
  /// A kind that has not come for the quiet time.
  package struct Ended {
    package let kind: Kind
    /// How often it came after it was first noted.
    package let repeated: Int
  }

  private let most: Int
  private let quietTime: Duration
  private var lasting: [Kind: (repeated: Int, last: ContinuousClock.Instant)] = [:]
  private var others = 0
  private var othersStart: ContinuousClock.Instant?

  package init(most: Int, quiet quietTime: Duration) {
    self.most = most
    self.quietTime = quietTime
  }

  /// Notes a fault, and tells whether it is to be said now.
  package mutating func note(_ kind: Kind, at now: ContinuousClock.Instant) -> Bool {
    if let known = lasting[kind] {
      lasting[kind] = (known.repeated + 1, now)
      return false
    }
    guard lasting.count < most else {
      others += 1
      othersStart = othersStart ?? now
      return false
    }
    lasting[kind] = (0, now)
    return true
  }

  /// The kinds that came more than once and have ended, each told once.
  package mutating func takeEnded(at now: ContinuousClock.Instant) -> [Ended] {
    let quiet = lasting.filter { now - $0.value.last >= quietTime }
    for kind in quiet.keys { lasting[kind] = nil }
    return quiet.filter { $0.value.repeated > 0 }.map { Ended(kind: $0.key, repeated: $0.value.repeated) }
  }

  /// How many faults of kinds beyond those remembered came, told once for each quiet time; 0 if none.
  package mutating func takeOthers(at now: ContinuousClock.Instant) -> Int {
    guard let start = othersStart, now - start >= quietTime else { return 0 }
    defer { (others, othersStart) = (0, nil) }
    return others
  }
}
