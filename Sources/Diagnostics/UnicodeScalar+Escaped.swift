extension Unicode.Scalar {
  /// The character as it may stand in a message to a person: escaped if it could disturb a terminal or a log, or end the
  /// quotation that it stands in.
  ///
  /// Harmless is what shows as one mark and changes nothing around it, unlike controls, line breaks, marks that turn the
  /// direction of text and marks that pile up on the character before.
  package var escaped: String {
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator,
      .nonspacingMark, .enclosingMark, .spacingMark:
      escaped(asASCII: true)
    default:
      self == "\"" || self == "\\" ? escaped(asASCII: true) : String(self)
    }
  }
}
