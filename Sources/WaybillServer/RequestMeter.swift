package import ImageAPI
internal import Synchronization

/// Counts what all the threads of a worker answer.
package final class RequestMeter: Sendable {
  package let started = ContinuousClock.now
  private let answered = Atomic<UInt64>(0)
  private let errors = Atomic<UInt64>(0)
  private let replyBytes = Atomic<UInt64>(0)

  package init() {}

  package func count(replyOf bytes: Int, isError: Bool) {
    answered.add(1, ordering: .relaxed)
    if isError { errors.add(1, ordering: .relaxed) }
    replyBytes.add(UInt64(bytes), ordering: .relaxed)
  }

  package var counts: RequestCounts {
    RequestCounts(
      answered: answered.load(ordering: .relaxed), errors: errors.load(ordering: .relaxed),
      replyBytes: replyBytes.load(ordering: .relaxed))
  }
}
