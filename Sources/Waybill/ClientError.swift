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
    case .keyRefused(let endpoint, let key):
      "\(endpoint) does not allow the key \(key): its certificate belongs in the server's folder of authorized keys"
    case .handshakeFailed(let endpoint, usesCurve: true):
      "\(endpoint) ends each connection before a word is said: its key is not the --server-key, or it does not use CURVE"
    case .handshakeFailed(let endpoint, usesCurve: false):
      "\(endpoint) ends each connection before a word is said: if it uses CURVE, say --server-key and --curve-key"
    case .refused(let error): error.description
    case .socket(let reason): reason
    }
  }
}

extension ClientError {
  /// Whether another attempt, or another worker, may have an answer.
  var isTransient: Bool {
    switch self {
    case .noAnswer, .handshakeFailed: true
    case .refused(let error): error.code == .unavailable
    case .badEndpoint, .keyRefused, .socket: false
    }
  }

  /// Whether another worker may have an answer where this one has none, ever.
  var isOfOneEndpoint: Bool {
    if case .keyRefused = self { true } else { false }
  }
}
