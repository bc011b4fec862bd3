/// `text` as an error message shows it: in quotes, cut off after 80 characters, and escaped.
package func quoted(_ text: String) -> String {
  let scalars = text.unicodeScalars
  return "\"\(scalars.prefix(80).map(\.escapedInQuotes).joined())\(scalars.dropFirst(80).isEmpty ? "" : "…")\""
}

extension String {
  /// The text with everything escaped that could disturb a terminal or a log. Text that is escaped already stays as it is.
  package var escaped: String {
    // Nearly all text is plain.
    if utf8.allSatisfy({ 0x20..<0x7f ~= $0 }) { return self }
    return unicodeScalars.map(\.escaped).joined()
  }
}
