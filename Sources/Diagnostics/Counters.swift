internal import Synchronization

/// Numbers that only grow, each at a place of its own. Counting takes no lock and no memory.
package final class Counters: Sendable {
  private let count: Int
  private nonisolated(unsafe) let values: UnsafeMutablePointer<Atomic<UInt64>>

  /// - Parameter count: How many numbers, all of them 0.
  package init(count: Int) {
    self.count = count
    values = .allocate(capacity: count)
    for place in 0..<count { (values + place).initialize(to: Atomic(0)) }
  }

  deinit {
    values.deinitialize(count: count)
    values.deallocate()
  }

  package func add(_ amount: UInt64 = 1, at place: Int) {
    precondition((0..<count).contains(place))
    values[place].add(amount, ordering: .relaxed)
  }

  package subscript(place: Int) -> UInt64 {
    precondition((0..<count).contains(place))
    return values[place].load(ordering: .relaxed)
  }
}
