internal import ImageAPI
internal import Synchronization

/// Counts what all the threads of a worker answer.
final class RequestMeter: Sendable {
  let started = ContinuousClock.now
  private let answered = Atomic<UInt64>(0)
  private let errors = Atomic<UInt64>(0)
  private let replyBytes = Atomic<UInt64>(0)

  func count(replyOf bytes: Int, isError: Bool) {
    answered.add(1, ordering: .relaxed)
    if isError { errors.add(1, ordering: .relaxed) }
    replyBytes.add(UInt64(bytes), ordering: .relaxed)
  }

  var counts: RequestCounts {
    RequestCounts(
      answered: answered.load(ordering: .relaxed), errors: errors.load(ordering: .relaxed),
      replyBytes: replyBytes.load(ordering: .relaxed))
  }
}
