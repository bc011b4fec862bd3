package import CurveSecurity
package import Diagnostics
package import ImageAPI
package import ImageWire
package import Logging

/// Which worker it is, what all of its threads answer, and whom they do not let in.
package final class RequestMeter: Sendable {
  package let identity: ServiceIdentity
  package let started = ContinuousClock.now
  /// A row for each method, and one for what names none; in it a place for each code of gRPC, 0 for no error.
  private let answered = Counters(count: RequestMeter.methods.count * RequestMeter.codes)
  /// Nanoseconds from a request's bytes to its reply's, without the time in sockets.
  package let durations = Histogram(bounds: [
    1_000, 2_500, 5_000, 10_000, 25_000, 50_000, 100_000, 250_000, 1_000_000, 10_000_000, 100_000_000, 1_000_000_000,
  ])
  /// The bytes of replies.
  package let replySizes = Histogram(bounds: [100, 1_000, 10_000, 100_000, 1_000_000, 10_000_000, 100_000_000])

  private static let methods: [Request.Method?] = [nil] + Request.Method.allCases
  private static let outcomes: [StatusCode?] = [nil] + StatusCode.allCases
  private static let codes = 17

  package let refusals = RefusalCounts()

  /// Where each reply has a line; nil where nobody wants that.
  private let log: Logger?

  package init(of identity: ServiceIdentity = ServiceIdentity(), logger: Logger? = nil) {
    self.identity = identity
    log = logger.flatMap { $0.logLevel <= .debug ? $0 : nil }
  }

  /// Counts a reply.
  ///
  /// - Parameters:
  ///   - method: What the request asked for; nil where it named nothing that there is.
  ///   - outcome: The code of the error; nil for none.
  ///   - envelope: The form of the request.
  ///   - bytes: The bytes of the reply.
  ///   - nanoseconds: How long it took to make.
  package func count(
    _ method: Request.Method?, _ outcome: StatusCode?, in envelope: Envelope, replyOf bytes: Int,
    took nanoseconds: UInt64
  ) {
    answered.add(at: Self.place(method, outcome))
    durations.observe(nanoseconds)
    replySizes.observe(UInt64(bytes))
    guard let log else { return }
    var metadata: Logger.Metadata = [
      LogKey.method: "\(method?.rawValue ?? "")", LogKey.code: "\(outcome?.name ?? "OK")", LogKey.bytes: "\(bytes)",
      LogKey.microseconds: "\(nanoseconds / 1_000)",
    ]
    if case .rpc(let messageID) = envelope { metadata[LogKey.messageID] = "\(messageID)" }
    log.debug("answered", metadata: metadata)
  }

  private static func place(_ method: Request.Method?, _ outcome: StatusCode?) -> Int {
    let row =
      switch method {
      case nil: 0
      case .listImages: 1
      case .listNodes: 2
      case .imageLocality: 3
      case .status: 4
      }
    return row * codes + (outcome?.rawValue ?? 0)
  }

  /// Gives how many requests of each method had each outcome, nil for no error.
  package func forEachCount(_ body: (_ method: Request.Method?, _ outcome: StatusCode?, _ count: UInt64) -> Void) {
    for method in Self.methods {
      for outcome in Self.outcomes {
        body(method, outcome, answered[Self.place(method, outcome)])
      }
    }
  }

  package var counts: RequestCounts {
    var counts = RequestCounts(replyBytes: replySizes.sum)
    forEachCount { _, outcome, count in
      counts.answered += count
      if outcome != nil { counts.errors += count }
    }
    return counts
  }
}
