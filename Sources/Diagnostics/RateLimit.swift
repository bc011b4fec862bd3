/// Lets so many lines of a log through in a while, and counts the others.
package struct RateLimit {
  private let most: Int
  private let window: Duration
  private var start: ContinuousClock.Instant?
  private var passed = 0
  private var held = 0

  package init(most: Int, each window: Duration) {
    self.most = most
    self.window = window
  }

  /// Whether one more may pass at this time.
  package mutating func admit(at now: ContinuousClock.Instant) -> Bool {
    if start.map({ now - $0 >= window }) ?? true {
      start = now
      passed = 0
    }
    guard passed < most else {
      held += 1
      return false
    }
    passed += 1
    return true
  }

  /// How many were held back, told once the window is over; 0 if none.
  package mutating func takeHeld(at now: ContinuousClock.Instant) -> Int {
    guard held > 0, start.map({ now - $0 >= window }) ?? true else { return 0 }
    defer { held = 0 }
    return held
  }
}
