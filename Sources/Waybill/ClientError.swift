public import ImageAPI

/// Why a client has no answer.
public enum ClientError: Error, Sendable, Hashable {
  /// An endpoint that libzmq cannot use.
  case badEndpoint(String)
  /// Nobody answered in time.
  case noAnswer(endpoints: [String], attempts: Int, timeout: Duration)
  /// A worker or a broker answered that it cannot.
  case refused(APIError)
  /// None of several endpoints had an answer; what each of them said last.
  case noneAnswered([EndpointFailure])
  /// The socket failed on this side.
  case socket(String)

  /// An endpoint, and why there is no answer from it.
  public struct EndpointFailure: Sendable, Hashable {
    /// The endpoint, as it was given to the client.
    public let endpoint: String
    /// What it answered, or that it did not.
    public let reason: String
  }
}

extension ClientError: CustomStringConvertible {
  /// What happened and, where a person can do something about it, what.
  public var description: String {
    switch self {
    case .badEndpoint(let reason): "\(reason): an endpoint is tcp://HOST:PORT or ipc://PATH"
    case .noAnswer(let endpoints, let attempts, let timeout):
      "no answer from \(endpoints.joined(separator: ", ")) (\(attempts) \(attempts == 1 ? "attempt" : "attempts") of \(timeout)): is a worker running there?"
    case .refused(let error): error.description
    case .noneAnswered(let failures):
      "no endpoint has an answer: "
        + failures.map { "\($0.endpoint): \($0.reason)" }.joined(separator: "; ")
    case .socket(let reason): reason
    }
  }
}

extension ClientError {
  /// Whether another attempt, or another worker, may have an answer.
  var isTransient: Bool {
    switch self {
    case .noAnswer, .noneAnswered: true
    case .refused(let error): [.unavailable, .deadlineExceeded, .resourceExhausted].contains(error.code)
    case .badEndpoint, .socket: false
    }
  }

  /// What to say of attempts that failed, the first at the first endpoint and so on in turn.
  init(summing failures: [ClientError], of endpoints: [String]) {
    let asked = endpoints.prefix(failures.count)
    let last = asked.indices.map { index in
      stride(from: index, to: failures.count, by: endpoints.count).map { failures[$0] }.last ?? failures[index]
    }
    let isSilent = last.allSatisfy { if case .noAnswer = $0 { true } else { false } }
    guard asked.count > 1, !isSilent else {
      self = last[0]
      return
    }
    self = .noneAnswered(
      zip(asked, last).map { endpoint, error in
        if case .noAnswer(_, _, let timeout) = error {
          EndpointFailure(endpoint: endpoint, reason: "no answer within \(timeout)")
        } else {
          EndpointFailure(endpoint: endpoint, reason: error.description)
        }
      })
  }
}
