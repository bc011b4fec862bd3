internal import Diagnostics
package import ImageAPI
internal import Logging

/// What a broker has done.
package struct BrokerCounts: Sendable {
  /// Answers of workers that were handed to the socket of a client. Whether the client read them nobody can know.
  package internal(set) var answered = 0
  /// Requests that the broker answered itself, by the code of the error.
  package internal(set) var refusals: [StatusCode: Int] = [:]
  /// Answers and errors that were dropped, as the client was gone.
  package internal(set) var gone = 0
  /// Answers and errors that were dropped, as the client's queue was full: it reads nothing.
  package internal(set) var unread = 0
  /// Requests that were given to one more worker.
  package internal(set) var repeated = 0
  /// Answers of workers that nobody waited for any more.
  package internal(set) var late = 0
  /// Messages that do not keep to the protocol.
  package internal(set) var invalid = 0
  /// Workers that went without a word, by why they count as lost.
  package internal(set) var losses = Dictionary(
    uniqueKeysWithValues: Departure.allCases.filter(\.isLoss).map { ($0.name, 0) })

  /// Requests that the broker answered itself, by an error.
  package var refused: Int { refusals.values.reduce(0, +) }

  var metadata: Logger.Metadata {
    [
      LogKey.answered: "\(answered)", LogKey.refused: "\(refused)", LogKey.gone: "\(gone)",
      LogKey.unread: "\(unread)", LogKey.repeated: "\(repeated)", LogKey.late: "\(late)",
      LogKey.invalid: "\(invalid)",
    ]
  }
}
