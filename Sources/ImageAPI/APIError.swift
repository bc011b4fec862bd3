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

  static func invalidArgument(_ message: String) -> APIError {
    APIError(.invalidArgument, message)
  }
}

extension APIError: CustomStringConvertible {
  public var description: String { "\(code.name): \(message)" }
}

/// `text` as an error message shows it: in quotes, control characters escaped, cut off after 80 characters.
package func quoted(_ text: String) -> String {
  var shown = "\""
  for scalar in text.unicodeScalars.prefix(80) {
    shown += scalar.escaped(asASCII: false)
  }
  return text.unicodeScalars.dropFirst(80).isEmpty ? shown + "\"" : shown + "…\""
}
