/// The kind of an error, with the number and the name that gRPC gives it.
public enum StatusCode: Int, Sendable, CaseIterable {
  /// The request is wrong, and will be wrong each time.
  case invalidArgument = 3
  /// No answer came in time.
  case deadlineExceeded = 4
  /// There is no node of that name.
  case notFound = 5
  /// The client's key is not allowed any more.
  case permissionDenied = 7
  /// The request is over a limit, or a queue is full.
  case resourceExhausted = 8
  /// What the client named has changed: ask for it anew.
  case failedPrecondition = 9
  /// There is no such method.
  case unimplemented = 12
  /// An error of waybill itself.
  case `internal` = 13
  /// Nothing can be answered yet; another worker may.
  case unavailable = 14

  /// gRPC's name of the code.
  public var name: String {
    switch self {
    case .invalidArgument: "INVALID_ARGUMENT"
    case .deadlineExceeded: "DEADLINE_EXCEEDED"
    case .notFound: "NOT_FOUND"
    case .permissionDenied: "PERMISSION_DENIED"
    case .resourceExhausted: "RESOURCE_EXHAUSTED"
    case .failedPrecondition: "FAILED_PRECONDITION"
    case .unimplemented: "UNIMPLEMENTED"
    case .internal: "INTERNAL"
    case .unavailable: "UNAVAILABLE"
    }
  }
}
