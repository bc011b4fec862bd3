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

/// `text` as an error message shows it: in quotes, cut off after 80 characters, and with nothing in it that could
/// disturb a terminal or a log.
package func quoted(_ text: String) -> String {
  var shown = "\""
  for scalar in text.unicodeScalars.prefix(80) {
    shown += scalar.isHarmless ? String(scalar) : scalar.escaped(asASCII: true)
  }
  return text.unicodeScalars.dropFirst(80).isEmpty ? shown + "\"" : shown + "…\""
}

extension Unicode.Scalar {
  /// Whether it shows as one mark and changes nothing around it, unlike controls, line breaks, marks that turn the
  /// direction of text and marks that pile up on the character before.
  fileprivate var isHarmless: Bool {
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: false
    case .nonspacingMark, .enclosingMark, .spacingMark: false
    default: self != "\"" && self != "\\"
    }
  }
}
