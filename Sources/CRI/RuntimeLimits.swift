/// How a runtime is asked.
package struct RuntimeLimits: Sendable {
  /// The shortest time from an answer to the next question.
  package var pause: Duration
  /// How many times the duration of an answer the pause is at least, so that the runtime is never loaded by more than a
  /// twentieth.
  package var restFactor: Int
  /// How long one call may take.
  package var timeout: Duration
  /// How many bytes a list may have.
  package var maxBytes: Int

  /// The usual ones.
  package init(
    pause: Duration = .seconds(1), restFactor: Int = 20, timeout: Duration = .seconds(15), maxBytes: Int = 256 << 20
  ) {
    self.pause = pause
    self.restFactor = restFactor
    self.timeout = timeout
    self.maxBytes = maxBytes
  }
}
