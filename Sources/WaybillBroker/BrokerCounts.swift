internal import Diagnostics
internal import Logging

/// What a broker has done, for its last line in the log.
struct BrokerCounts {
  /// Answers of workers that were handed to the socket of a client. Whether the client read them nobody can know.
  var answered = 0
  /// Requests that the broker answered itself, by an error.
  var refused = 0
  /// Answers and errors that were dropped, as the client was gone.
  var gone = 0
  /// Answers and errors that were dropped, as the client's queue was full: it reads nothing.
  var unread = 0
  /// Requests that were given to one more worker.
  var repeated = 0
  /// Answers of workers that nobody waited for any more.
  var late = 0
  /// Messages that do not keep to the protocol.
  var invalid = 0

  var metadata: Logger.Metadata {
    [
      LogKey.answered: "\(answered)", LogKey.refused: "\(refused)", LogKey.gone: "\(gone)",
      LogKey.unread: "\(unread)", LogKey.repeated: "\(repeated)", LogKey.late: "\(late)",
      LogKey.invalid: "\(invalid)",
    ]
  }
}
