/// What is wrong with a JSON document, and at which byte of it.
struct JSONError: Error, Equatable {
  /// Whether the text is JSON at all. If not, nothing after the fault can be trusted.
  enum Kind {
    /// The text is no JSON.
    case syntax
    /// JSON, but not what its reader asks for.
    case content
  }

  let kind: Kind
  /// A clause such as `"size" is not a whole number`.
  let reason: String

  static func syntax(_ reason: String, at offset: Int) -> JSONError {
    JSONError(kind: .syntax, reason: "it is not JSON: \(reason) at byte \(offset)")
  }

  static func content(_ reason: String) -> JSONError {
    JSONError(kind: .content, reason: reason)
  }
}
