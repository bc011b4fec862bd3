public import ImageAPI

/// Why a client has no answer.
public enum ClientError: Error, Sendable, Hashable {
  /// An endpoint that libzmq cannot use.
  case badEndpoint(String)
  /// Nobody answered in time.
  case noAnswer(endpoints: [String], attempts: Int, timeout: Duration)
  /// The server knows this client's key, and does not allow it.
  case keyRefused(endpoint: String, publicKey: String)
  /// There is somebody, who ended the connection before a word was said.
  case handshakeFailed(endpoint: String, usesCurve: Bool)
  /// A worker or a broker answered that it cannot.
  case refused(APIError)
  /// None of several endpoints had an answer; what each of them said last.
  case noneAnswered([EndpointError])
  /// The socket failed on this side.
  case socket(String)

  /// An endpoint, and why there is no answer from it.
  public struct EndpointError: Sendable, Hashable {
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
    case .keyRefused(let endpoint, let key):
      "\(endpoint) does not allow the key \(key): its certificate belongs in the server's folder of authorized keys"
    case .handshakeFailed(let endpoint, usesCurve: true):
      "\(endpoint) ends each connection before a word is said: its key is not the --server-key, or it does not use CURVE"
    case .handshakeFailed(let endpoint, usesCurve: false):
      "\(endpoint) ends each connection before a word is said: if it uses CURVE, say --server-key and --curve-key"
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
    case .noAnswer, .noneAnswered, .handshakeFailed: true
    case .refused(let error): [.unavailable, .deadlineExceeded, .resourceExhausted].contains(error.code)
    case .badEndpoint, .keyRefused, .socket: false
    }
  }

  /// Whether another worker may have an answer where this one has none, ever.
  var isOfOneEndpoint: Bool {
    if case .keyRefused = self { true } else { false }
  }

  /// Whether the endpoint let nobody in.
  private var isRefusal: Bool {
    switch self {
    case .keyRefused, .handshakeFailed: true
    default: false
    }
  }

  /// What to say of attempts that failed, the first at the first endpoint and so on in turn.
  init(summing failures: [ClientError], of endpoints: [String]) {
    let asked = endpoints.prefix(failures.count)
    let last = asked.indices.map { index in
      stride(from: index, to: failures.count, by: endpoints.count).map { failures[$0] }.last ?? failures[index]
    }
    let isSilent = last.allSatisfy { if case .noAnswer = $0 { true } else { false } }
    guard asked.count > 1, !isSilent, !last.allSatisfy(\.isRefusal) else {
      self = last[0]
      return
    }
    self = .noneAnswered(
      zip(asked, last).map { endpoint, error in
        if case .noAnswer(_, _, let timeout) = error {
          EndpointError(endpoint: endpoint, reason: "no answer within \(timeout)")
        } else {
          EndpointError(endpoint: endpoint, reason: error.description)
        }
      })
  }
}
