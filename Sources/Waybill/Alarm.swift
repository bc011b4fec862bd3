internal import Foundation

/// Wakes a thread that sleeps between two turns of its work.
final class Alarm: Sendable {
  private let condition = NSCondition()
  private nonisolated(unsafe) var hasRung = false

  func ring() {
    condition.withLock {
      hasRung = true
      condition.signal()
    }
  }

  /// Sleeps for so many seconds at most, and says whether the alarm has rung.
  func wait(atMost seconds: TimeInterval) -> Bool {
    let deadline = Date(timeIntervalSinceNow: seconds)
    return condition.withLock {
      while !hasRung, condition.wait(until: deadline) {}
      return hasRung
    }
  }
}
