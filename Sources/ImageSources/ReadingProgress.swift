internal import Concurrency

/// How far a source has come that is being read, for those who wait for it.
///
/// The source tells of each step, from any thread; what is passed on is now and then one of them, and none of a reading
/// that is soon done.
package final class ReadingProgress: Sendable {
  /// So much of so much.
  package struct Count: Sendable, Hashable {
    /// What is counted.
    package enum Unit: Sendable {
      /// Images, of which the total may grow while they are being found.
      case images
      /// Bytes of a file that does not say beforehand how many images it holds.
      case bytes
    }

    package let unit: Unit
    package let done: Int64
    package let total: Int64

    /// A count.
    package init(_ unit: Unit, done: Int64, total: Int64) {
      self.unit = unit
      self.done = done
      self.total = total
    }
  }

  private struct State {
    var count = Count(.images, done: 0, total: 0)
    var due: ContinuousClock.Instant
  }

  private let state: Lock<State>
  private let interval: Duration
  private let report: @Sendable (Count) -> Void

  /// The progress of a reading that begins now.
  ///
  /// - Parameters:
  ///   - delay: the time until the first report.
  ///   - interval: the time from one report to the next.
  ///   - report: called with what was reached, on the thread that reached it.
  package init(
    after delay: Duration = .seconds(1), every interval: Duration = .milliseconds(500),
    report: @escaping @Sendable (Count) -> Void = { _ in }
  ) {
    state = Lock(State(due: .now + delay))
    self.interval = interval
    self.report = report
  }

  /// So many images more are to be read.
  package func expect(_ images: Int) {
    advance { Count(.images, done: $0.done, total: $0.total + Int64(images)) }
  }

  /// One image more was read, or found to be unreadable.
  package func advance() {
    advance { Count(.images, done: $0.done + 1, total: $0.total) }
  }

  /// The file of `size` bytes was read up to `position`.
  package func reach(_ position: Int64, of size: Int64) {
    advance { _ in Count(.bytes, done: position, total: size) }
  }

  private func advance(_ next: (Count) -> Count) {
    let due = state.withLock { state -> Count? in
      state.count = next(state.count)
      let now = ContinuousClock.now
      guard now >= state.due else { return nil }
      state.due = now + interval
      return state.count
    }
    if let due { report(due) }
  }
}

extension ReadingProgress.Count: CustomStringConvertible {
  /// Such as `1200 of 10000 images`.
  package var description: String {
    switch unit {
    case .images: "\(done) of \(total) images"
    case .bytes: "\(done / 1_000_000) of \(total / 1_000_000) MB"
    }
  }
}
