extension String {
  /// Whether it is the same text by bytes: `==` takes names for equal that differ in how they compose an accent.
  package func hasSameBytes(as other: String) -> Bool {
    // First the quick comparison, which nearly always says no.
    self == other && utf8.elementsEqual(other.utf8)
  }
}
