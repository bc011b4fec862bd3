/// Why nothing could be made of a file.
package struct ReadingError: Error, Sendable, Hashable {
  /// The file at fault, as its reader names it.
  package let file: String
  /// What is wrong, in a clause without a full stop.
  package let reason: String
  /// What the operating system said; nil if the file could be read and its contents are wrong.
  package let cause: FileError?
  /// When to look at the file again; nil for a file that never gets better, such as a blob whose digest is right.
  package private(set) var watch: FileWatch?

  /// An error of a file whose contents are wrong.
  package init(_ file: String, _ reason: String, watch: FileWatch? = nil, cause: FileError? = nil) {
    self.file = file
    self.reason = reason
    self.cause = cause
    self.watch = watch
  }

  /// An error of a file that could not be read.
  ///
  /// - Parameters:
  ///   - file: the file, as its reader names it.
  ///   - cause: what the operating system said.
  ///   - subject: what the reason begins with.
  ///   - opened: when the file was opened, nanoseconds since 1970.
  ///   - fingerprint: looks at the file. It is not asked about a file that was missing, as another may be there by now.
  package init(
    _ file: String, _ cause: FileError, _ subject: String = "it", opened: Int64,
    fingerprint: () throws(FileError) -> FileFingerprint?
  ) {
    var watch = FileWatch(nil, opened: opened)
    if cause != .missing {
      do { watch = FileWatch(try fingerprint(), opened: opened) } catch { watch = FileWatch(unsettled: nil) }
    }
    self.init(file, "\(subject) \(cause.reason)", watch: watch.retrying(after: cause), cause: cause)
  }

  /// What it tells people.
  package var says: String { "\(file): \(reason)" }
  /// Whether it may pass though the file stays as it is.
  package var isTransient: Bool { cause?.isTransient ?? false }
  /// Whether this process or the machine is out of descriptors or memory.
  package var isExhaustion: Bool { cause?.isExhaustion ?? false }

  /// This error, after the same file was in `previous`: the next try comes later if that one could pass too.
  package func following(_ previous: ReadingError?) -> ReadingError {
    guard let last = previous?.watch, let cause else { return self }
    var next = self
    next.watch = watch?.retrying(after: cause, previous: last)
    return next
  }
}
