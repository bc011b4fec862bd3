public import ImageAPI

/// Why a client has no answer.
public enum ClientError: Error, Sendable, Hashable {
  /// An endpoint that libzmq cannot use.
  case badEndpoint(String)
  /// Nobody answered in time.
  case noAnswer(endpoints: [String], attempts: Int, timeout: Duration)
  /// A worker answered that it cannot.
  case refused(APIError)
  /// The socket failed on this side.
  case socket(String)
}

extension ClientError: CustomStringConvertible {
  /// What happened and, where a person can do something about it, what.
  public var description: String {
    switch self {
    case .badEndpoint(let reason): "\(reason): an endpoint is tcp://HOST:PORT or ipc://PATH"
    case .noAnswer(let endpoints, let attempts, let timeout):
      "no answer from \(endpoints.joined(separator: ", ")) (\(attempts) \(attempts == 1 ? "attempt" : "attempts") of \(timeout)): is a worker running there?"
    case .refused(let error): error.description
    case .socket(let reason): reason
    }
  }
}

extension ClientError {
  /// Whether another attempt, or another worker, may have an answer.
  var isTransient: Bool {
    switch self {
    case .noAnswer: true
    case .refused(let error): error.code == .unavailable
    case .badEndpoint, .socket: false
    }
  }
}
