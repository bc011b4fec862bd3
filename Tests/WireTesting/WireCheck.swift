/// Something that must hold for any bytes at all.
package protocol WireCheck: AnyObject {
  /// Runs what is checked on an input.
  ///
  /// - Throws: ``Violation`` when something does not hold.
  func check(_ bytes: RawSpan) throws(Violation)
}

/// What does not hold for an input.
package struct Violation: Error, CustomStringConvertible {
  /// The rule that was broken, and by what.
  package let description: String

  init(_ description: String) {
    self.description = description
  }
}

package func require(_ condition: Bool, _ broken: @autoclosure () -> String) throws(Violation) {
  guard condition else { throw Violation(broken()) }
}
