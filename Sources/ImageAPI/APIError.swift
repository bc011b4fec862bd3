/// An error reply: what a client gets instead of a list.
public struct APIError: Error, Sendable, Hashable {
  /// The kind of the error.
  public let code: StatusCode
  /// What was wrong, with which value, and what is right.
  public let message: String

  /// An error of the kind `code`.
  public init(_ code: StatusCode, _ message: String) {
    self.code = code
    self.message = message
  }

  package static func invalidArgument(_ message: String) -> APIError {
    APIError(.invalidArgument, message)
  }
}

extension APIError: CustomStringConvertible {
  public var description: String { "\(code.name): \(message)" }
}
