extension Unicode.Scalar {
  /// Whether the character shows as one mark and changes nothing around it, unlike controls, line breaks, marks that turn
  /// the direction of text and marks that pile up on the character before.
  var isHarmless: Bool {
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
      .nonspacingMark, .enclosingMark, .spacingMark:
      false
    default: true
    }
  }

  /// The character as it may stand in a quotation: escaped if it could disturb a terminal or a log, or end the quotation.
  package var escaped: String {
    isHarmless && self != "\"" && self != "\\" ? String(self) : escaped(asASCII: true)
  }
}
