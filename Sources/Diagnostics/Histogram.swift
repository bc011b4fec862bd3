/// How often values of some sizes came. Observing one takes no lock and no memory.
package final class Histogram: Sendable {
  /// The largest value of each bucket but the last, which has no bound; from small to large.
  package let bounds: [UInt64]
  /// The buckets, and behind them the sum of the values.
  private let counters: Counters

  package init(bounds: [UInt64]) {
    self.bounds = bounds
    counters = Counters(count: bounds.count + 2)
  }

  package func observe(_ value: UInt64) {
    var bucket = 0
    while bucket < bounds.count, value > bounds[bucket] { bucket += 1 }
    counters.add(at: bucket)
    counters.add(value, at: bounds.count + 1)
  }

  /// How many values came up to each bound, and at the end how many came at all.
  package var cumulative: [UInt64] {
    var total: UInt64 = 0
    return (0...bounds.count).map { bucket in
      total += counters[bucket]
      return total
    }
  }

  /// All values together.
  package var sum: UInt64 { counters[bounds.count + 1] }
}
