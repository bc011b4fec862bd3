extension Unicode.Scalar {
  /// The character as it may stand in text for people: escaped if it could disturb a terminal or a log.
  ///
  /// Harmless is what shows as one mark and changes nothing around it, unlike controls, line breaks, marks that turn the
  /// direction of text and marks that pile up on the character before. An escape is harmless too, so that text may be
  /// escaped more than once.
  package var escaped: String {
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
      .nonspacingMark, .enclosingMark, .spacingMark:
      escaped(asASCII: true)
    default: String(self)
    }
  }

  /// As ``escaped``, between quotation marks, which it must not end.
  package var escapedInQuotes: String {
    self == "\"" || self == "\\" ? escaped(asASCII: true) : escaped
  }
}
