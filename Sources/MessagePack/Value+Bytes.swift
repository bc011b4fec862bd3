extension Value {
  /// How many bytes the body of the string, binary or extension has; nil for another kind.
  public var byteCount: Int? { body?.count }

  /// Lends the body of a string, binary or extension, without copying and without looking whether text is UTF-8.
  ///
  /// - Parameter use: Reads the bytes.
  /// - Returns: What `use` returns, or nil when the value has no bytes.
  /// - Throws: What `use` throws.
  @inlinable
  public func withBytes<Result, Failure: Error>(
    _ use: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result? {
    guard let body else { return nil }
    return try use(body.bytes)
  }

  /// Whether it is a string of exactly this text. Allocates nothing.
  ///
  /// - Parameter text: What to compare with.
  /// - Returns: False also when it is no string.
  public func equals(_ text: String) -> Bool {
    guard kind == .string, let body, body.count == text.utf8.count else { return false }
    return body.bytes.hasSameBytes(as: text.utf8.span.bytes)
  }

  /// Makes sure that it is text. Allocates nothing.
  ///
  /// - Parameter path: What the sender calls the value, for the error: `filter.image`.
  /// - Throws: ``MessagePackError`` with the code `wrongType` when it is no string, and `invalidUTF8` when it is a
  ///   string of other bytes than UTF-8, which MessagePack demands of a `str`.
  public func checkString(at path: StaticString) throws(MessagePackError) {
    try withText(at: path) { _ in }
  }

  /// Copies the text out.
  ///
  /// - Parameter path: What the sender calls the value, for the error: `filter.image`.
  /// - Returns: The text.
  /// - Throws: ``MessagePackError`` with the code `wrongType` when it is no string, and `invalidUTF8` when it is a
  ///   string of other bytes than UTF-8.
  public func string(at path: StaticString) throws(MessagePackError) -> String {
    try withText(at: path) { String(copying: $0) }
  }

  @inline(__always)
  private func withText<Result>(
    at path: StaticString,
    _ use: (UTF8Span) -> Result
  ) throws(MessagePackError) -> Result {
    guard kind == .string, let body else { throw mismatch(at: path, expected: "a string") }
    do throws(UTF8.ValidationError) {
      return use(try UTF8Span(validating: Span(_bytes: body.bytes)))
    } catch {
      throw MessagePackError(
        .invalidUTF8,
        "\(path): \(summary) is not UTF-8 at byte \(error.byteOffsets.lowerBound) of it"
      )
    }
  }
}
