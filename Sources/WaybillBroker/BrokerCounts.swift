internal import Diagnostics
internal import Logging

/// What a broker has done, for its last word in the log.
struct BrokerCounts {
  /// Answers of workers that were given to clients.
  var answered = 0
  /// Requests that the broker answered itself, by an error.
  var refused = 0
  /// Requests that were given to one more worker.
  var repeated = 0
  /// Answers of workers that nobody waited for any more.
  var late = 0
  /// Messages that are none of the protocol's.
  var invalid = 0

  var metadata: Logger.Metadata {
    [
      LogKey.answered: "\(answered)", LogKey.refused: "\(refused)", LogKey.repeated: "\(repeated)",
      LogKey.late: "\(late)", LogKey.invalid: "\(invalid)",
    ]
  }
}
