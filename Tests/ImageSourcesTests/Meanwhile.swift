import Foundation
import Synchronization

/// Something that is done again and again beside a test, on a thread of its own, until the test lets go of it.
final class Meanwhile: Sendable {
  private final class State: Sendable {
    let isDone = Atomic(false)
    let isStopped = DispatchSemaphore(value: 0)
  }

  private let state = State()

  /// Calls `body` with 1, 2, 3 and so on.
  init(_ body: @escaping @Sendable (Int) -> Void) {
    Thread.detachNewThread { [state] in
      var number = 0
      while !state.isDone.load(ordering: .relaxed) {
        number += 1
        body(number)
      }
      state.isStopped.signal()
    }
  }

  deinit {
    state.isDone.store(true, ordering: .relaxed)
    state.isStopped.wait()
  }
}
