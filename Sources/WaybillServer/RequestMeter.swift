package import ImageAPI
internal import Synchronization

/// Which worker it is, and what all of its threads answer.
package final class RequestMeter: Sendable {
  package let identity: ServiceIdentity
  package let started = ContinuousClock.now
  private let answered = Atomic<UInt64>(0)
  private let errors = Atomic<UInt64>(0)
  private let replyBytes = Atomic<UInt64>(0)

  package init(of identity: ServiceIdentity = ServiceIdentity()) {
    self.identity = identity
  }

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
