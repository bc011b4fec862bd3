internal import Glibc

/// Measures a time of nanoseconds to seconds, at the cost of two looks at the clock: `Duration` would be divided by 128 bits.
package struct Stopwatch: Sendable {
  private let start = Stopwatch.now

  package init() {}

  /// Since it was made.
  package var nanoseconds: UInt64 { Self.now - start }

  private static var now: UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
  }
}
