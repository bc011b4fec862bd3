internal import Connections
internal import CurveSecurity
internal import Glibc
public import ImageAPI

/// Why a client has no answer.
public struct ClientError: Error, Sendable, Hashable {
  /// The kind of an error, for a program to tell errors apart.
  public struct Code: Sendable, Hashable {
    private enum Value: Hashable {
      case badEndpoint, badKey, noAnswer, denied, keyRefused, handshakeFailed, refused, socket, cancelled
    }

    private let value: Value

    /// An endpoint that cannot be used. Nothing was asked.
    public static let badEndpoint = Code(value: .badEndpoint)
    /// A server's public key cannot be read. Nothing was asked.
    public static let badKey = Code(value: .badKey)
    /// This user may not connect to the socket.
    public static let denied = Code(value: .denied)
    /// No endpoint had an answer in time.
    public static let noAnswer = Code(value: .noAnswer)
    /// The server uses CURVE and does not allow this client's key.
    public static let keyRefused = Code(value: .keyRefused)
    /// The server ended each connection before a request was sent: its key is another one, or one of the two ends does
    /// not use CURVE.
    public static let handshakeFailed = Code(value: .handshakeFailed)
    /// A worker or a broker answered by an error, which is in ``ClientError/reply``, or by what is no reply of waybill's.
    public static let refused = Code(value: .refused)
    /// This system refuses a socket.
    public static let socket = Code(value: .socket)
    /// The task was cancelled.
    public static let cancelled = Code(value: .cancelled)
  }

  /// The kind of the error.
  public let code: Code
  /// What happened and, where a person can do something about it, what.
  public let message: String
  /// The error that a worker or a broker answered; nil for every other code.
  public let reply: APIError?
  /// What to say of one endpoint of several; empty where all that is known is that nobody answered.
  private let reason: String

  private init(_ code: Code, _ message: String, reply: APIError? = nil, reason: String? = nil) {
    self.code = code
    self.message = message
    self.reply = reply
    self.reason = reason ?? message
  }
}

extension ClientError: CustomStringConvertible {
  /// The message.
  public var description: String { message }
}

extension ClientError {
  /// Whether another attempt, or another worker, may have an answer.
  ///
  /// True where nobody answered or no connection was made, and for the answers `UNAVAILABLE`, `DEADLINE_EXCEEDED` and
  /// `RESOURCE_EXHAUSTED`.
  public var isTransient: Bool {
    switch code {
    case .noAnswer, .handshakeFailed: true
    default: reply.map { [.unavailable, .deadlineExceeded, .resourceExhausted].contains($0.code) } ?? false
    }
  }

  /// Whether the endpoint let nobody in.
  var isOfConnection: Bool { code == .keyRefused || code == .handshakeFailed }

  /// Whether another endpoint may have an answer.
  var isOfThisEndpoint: Bool { code == .keyRefused || code == .denied }
}

extension ClientError {
  static func badEndpoint(_ reason: String) -> ClientError {
    ClientError(.badEndpoint, reason)
  }

  /// There is no way to a server.
  init(_ error: RouteError) {
    switch error {
    case .endpoint(let error): self.init(.noAnswer, "no answer: \(error)")
    case .security(let error): self.init(.badKey, error.description)
    }
  }

  static func notLookedUp(_ endpoint: String, within timeout: Duration) -> ClientError {
    let reason = "the host could not be looked up within \(timeout)"
    return ClientError(.noAnswer, "no answer from \(endpoint): \(reason)", reason: reason)
  }

  /// Why nobody answered at the path of a socket; nil where somebody listens, or the endpoint is another one.
  init?(unansweredAt endpoint: String) {
    guard case .ipc(let path)? = (try? Endpoint(connectingTo: endpoint))?.place, !path.hasPrefix("@"),
      faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) != 0
    else { return nil }
    switch errno {
    case EACCES, EPERM:
      self.init(.denied, "this user may not connect to \(endpoint): \(String(cString: strerror(errno)))")
    case let code:
      let reason = String(cString: strerror(code))
      self.init(.noAnswer, "no answer from \(endpoint): \(reason): is a worker running there?", reason: reason)
    }
  }

  package static func noAnswer(endpoints: [String], attempts: Int, timeout: Duration) -> ClientError {
    let count = "\(attempts) \(attempts == 1 ? "attempt" : "attempts")"
    return ClientError(
      .noAnswer,
      "no answer from \(endpoints.joined(separator: ", ")) (\(count) of \(timeout)): is a worker running there?",
      reason: "")
  }

  package static func keyRefused(endpoint: String, publicKey: String) -> ClientError {
    ClientError(
      .keyRefused,
      "\(endpoint) does not allow the key \(publicKey): its certificate belongs in the server's folder of authorized keys"
    )
  }

  static func handshakeFailed(endpoint: String, usesCurve: Bool) -> ClientError {
    let remedy =
      usesCurve
      ? "its key is not the --server-key, or it does not use CURVE"
      : "if it uses CURVE, give --server-key and --curve-key"
    return ClientError(.handshakeFailed, "\(endpoint) ends each connection before a request is sent: \(remedy)")
  }

  package static func refused(_ reply: APIError) -> ClientError {
    ClientError(.refused, reply.description, reply: reply)
  }

  static func socket(_ reason: String) -> ClientError { ClientError(.socket, reason) }

  static var cancelled: ClientError { ClientError(.cancelled, "the request was cancelled") }

  /// The error of attempts that failed, the first at the first endpoint and so on in turn.
  init(summing failures: [ClientError], of endpoints: [String], timeout: Duration) {
    let asked = endpoints.prefix(failures.count)
    let last = asked.indices.map { index in
      stride(from: index, to: failures.count, by: endpoints.count).map { failures[$0] }.last ?? failures[index]
    }
    let isSilent = last.allSatisfy(\.reason.isEmpty)
    guard asked.count > 1, !isSilent, !last.allSatisfy(\.isOfConnection) else {
      self = last[0]
      return
    }
    let reasons = zip(asked, last).map { endpoint, error in
      "\(endpoint): \(error.reason.isEmpty ? "no answer within \(timeout)" : error.reason)"
    }
    self.init(.noAnswer, "no endpoint has an answer: \(reasons.joined(separator: "; "))")
  }
}
