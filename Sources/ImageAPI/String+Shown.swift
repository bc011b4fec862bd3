import MessagePack

/// `text` as an error message shows it: in quotes, cut off after 80 characters, and with nothing in it that could
/// disturb a terminal or a log.
package func quoted(_ text: String) -> String {
  let scalars = text.unicodeScalars
  return "\"\(scalars.prefix(80).map(\.shown).joined())\(scalars.dropFirst(80).isEmpty ? "" : "…")\""
}

extension String {
  /// The text with nothing in it that could disturb a terminal.
  package var shown: String { unicodeScalars.map(\.shown).joined() }
}
