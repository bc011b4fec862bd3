internal import Diagnostics

extension Value {
  /// A few words that show the value, for error messages: `the string "busybox"`, `the integer 5`, `an array of 3`.
  ///
  /// At most 64 characters, whatever the value is, and none that could disturb a terminal or a log.
  public var summary: String {
    switch kind {
    case .nil: "nil"
    case .bool: bool == true ? "true" : "false"
    case .uint, .int: "the integer \(int64.map(String.init) ?? uint64.map(String.init) ?? "")"
    case .float: "the number \(double ?? 0)"
    case .string: "the string \(quoted)"
    case .binary: "a binary of \(byteCount ?? 0) bytes"
    case .array: "an array of \(array?.count ?? 0)"
    case .map: "a map of \(map?.count ?? 0)"
    case .extension: "an extension of type \(extensionType ?? 0), \(byteCount ?? 0) bytes"
    }
  }

  /// Makes the error for a value of the wrong type: `filter: expected a map, got the string "busybox"`.
  ///
  /// - Parameters:
  ///   - path: What the sender calls the value: `filter.image`.
  ///   - expected: What it should have been, with its article: `a map`.
  /// - Returns: An error with the code `wrongType`.
  public func mismatch(at path: StaticString, expected: StaticString) -> MessagePackError {
    MessagePackError(.wrongType, "\(path): expected \(expected), got \(summary)")
  }

  /// The beginning of the text in quotation marks, 48 characters at most before the ellipsis and the mark.
  private var quoted: String {
    let room = 48
    var shown = "\""
    var used = 0
    // Four bytes a character at most, so the cut through a character lies beyond what is shown.
    let start = body.map { String(decoding: $0.prefix(4 * (room + 1)), as: UTF8.self) } ?? ""
    for scalar in start.unicodeScalars {
      let piece = scalar.escapedInQuotes
      used += piece.unicodeScalars.count
      guard used <= room else { return shown + "…\"" }
      shown += piece
    }
    return shown + "\""
  }
}
