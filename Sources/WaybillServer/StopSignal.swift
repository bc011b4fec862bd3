internal import Concurrency
internal import Synchronization

/// Asks the threads of a service to stop, from any other thread.
///
/// It is a flag, so raising it needs no socket and no descriptor, and no peer can forge it. A thread that waits on a socket
/// waits for ``checkInterval`` at most, and then looks at the flag. A thread that waits for time to pass uses
/// ``wait(atMost:)``.
package final class StopSignal: Sendable {
  private let hasBeenRaised = Atomic(false)
  private let latch = Latch()

  package init() {}

  /// How long a thread may wait on a socket before it looks at the flag again.
  package static let checkInterval = Duration.milliseconds(100)

  /// After so long without a message no message is left to be answered.
  package static let quietTime = Duration.milliseconds(100)

  package var isRaised: Bool { hasBeenRaised.load(ordering: .relaxed) }

  package func raise() {
    hasBeenRaised.store(true, ordering: .relaxed)
    latch.open()
  }

  /// Waits until the signal is raised or the time is over.
  ///
  /// - Returns: Whether the signal was raised.
  @discardableResult
  package func wait(atMost longest: Duration) -> Bool {
    latch.wait(atMost: longest)
  }
}
