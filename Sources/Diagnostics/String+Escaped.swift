/// `text` as an error message shows it: in quotes, cut off after 80 characters, and escaped.
package func quoted(_ text: String) -> String {
  let scalars = text.unicodeScalars
  return "\"\(scalars.prefix(80).map(\.escapedInQuotes).joined())\(scalars.dropFirst(80).isEmpty ? "" : "…")\""
}

extension String {
  /// The text with everything escaped that could disturb a terminal or a log.
  package var escaped: String { unicodeScalars.map(\.escaped).joined() }
}
