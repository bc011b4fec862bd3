internal import Concurrency
internal import GRPCCore

/// Why etcd did not do what it was asked.
package struct EtcdError: Error, Hashable, CustomStringConvertible {
  /// The kind of the error, for a program to tell errors apart.
  package enum Code: Sendable, Hashable {
    /// Nobody answers, the member has no leader, or the request took too long: another member, or the same one later, may.
    case unavailable
    /// The revision is not kept any more: range again.
    case compacted
    /// The revision is yet to come: etcd was restored from a backup, or the member is another cluster's.
    case futureRevision
    /// The user or the password is wrong.
    case unauthenticated
    /// The token is not valid any more: authenticate again.
    case invalidToken
    /// The user has no right to these keys.
    case permissionDenied
    /// The database is full, or a member raised an alarm.
    case noSpace
    /// The lease expired or was revoked.
    case leaseNotFound
    /// The request is larger than etcd takes.
    case tooLarge
    /// Another publisher has taken the name of this one's node.
    case displaced
    /// What answers is no etcd, or says something that makes no sense.
    case notUnderstood
  }

  package let code: Code
  /// What is wrong, and where.
  package let description: String
  /// Whether there was no answer in time, as a member that is slow gives none.
  package let isTimeout: Bool

  init(_ code: Code, _ description: String, isTimeout: Bool = false) {
    self.code = code
    self.description = description
    self.isTimeout = isTimeout
  }

  /// The error for a call to the member at `endpoint` that failed.
  init(_ error: any Error, at endpoint: EtcdEndpoint) {
    switch error {
    case let error as EtcdError:
      self = error
    case let error as TimeoutError:
      self.init(.unavailable, "etcd at \(endpoint) did not answer within \(error.limit)", isTimeout: true)
    case let error as RPCError:
      self.init(Self.code(of: error), "etcd at \(endpoint): \(Self.message(of: error, at: endpoint))")
    default:
      self.init(.notUnderstood, "etcd at \(endpoint): \(error)")
    }
  }

  /// Whether another member, or the same one later, may do it.
  package var mayPass: Bool { code == .unavailable || code == .invalidToken || code == .noSpace }

  /// Where a connection cannot be made, the cause says more than gRPC does, and the places in the sources of TLS that it names
  /// say nothing.
  private static func message(of error: RPCError, at endpoint: EtcdEndpoint) -> String {
    let text = "\(error.message) \(error.cause.map { "\($0)" } ?? "")"
    let advice = [
      ("CERTIFICATE_VERIFY_FAILED", "its certificate is not signed by the authorities of --etcd-ca"),
      ("in certificate from peer", "its certificate does not name \(endpoint.host)"),
      ("ALERT_BAD_CERTIFICATE", "it wants a certificate: give --etcd-cert and --etcd-key"),
      ("CERTIFICATE_REQUIRED", "it wants a certificate: give --etcd-cert and --etcd-key"),
      ("ALERT_UNKNOWN_CA", "it does not know the authority of --etcd-cert"),
      ("WRONG_VERSION_NUMBER", "it does not speak TLS: leave out --etcd-ca"),
      (
        "HTTP/2 connection preface",
        "it ends each connection: if it uses TLS, give --etcd-ca, and --etcd-cert if it asks"
      ),
    ].first { text.contains($0.0) }
    if let advice { return advice.1 }
    guard let cause = error.cause, error.code == .unavailable else { return error.message }
    return "\(error.message) (\(cause))"
  }

  /// etcd's texts are part of its API: its clients tell errors apart by them.
  private static func code(of error: RPCError) -> Code {
    let text = error.message
    func says(_ words: String) -> Bool { text.contains(words) }
    return switch error.code {
    case .outOfRange where says("compacted"): .compacted
    case .outOfRange: .futureRevision
    case .unauthenticated where says("invalid auth token"): .invalidToken
    case .unauthenticated: .unauthenticated
    case .invalidArgument where says("authentication failed"): .unauthenticated
    case .invalidArgument where says("user name is empty"): .permissionDenied
    case .invalidArgument where says("too large"), .resourceExhausted where says("larger than max"): .tooLarge
    case .permissionDenied: .permissionDenied
    case .resourceExhausted where says("space exceeded"): .noSpace
    case .notFound where says("lease not found"): .leaseNotFound
    case .unavailable, .deadlineExceeded, .aborted, .cancelled, .resourceExhausted, .failedPrecondition: .unavailable
    case .unknown where says("leader") || says("EOF"): .unavailable
    default: .notUnderstood
    }
  }
}
