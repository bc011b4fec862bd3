/// What was made of a file, remembered until the file changes. Every reader of a store keeps to this one rule:
///
/// - What a file holds, and that it is missing, malformed or of the wrong kind, are facts. They are remembered for as long as
///   the file's fingerprint is the same and can be relied on.
/// - A fault that may pass (``FileError/isTransient``) is no fact. What was last made of the file stands, and the file is
///   tried again though its fingerprint is the same, as ``FileWatch`` says.
/// - A file that is wrong and only just written is perhaps half of a change. That counts as a fault that passes.
/// - Being out of descriptors or memory is no fault of the file's. It is thrown, and nothing is noted.
package struct RememberedFile<Value: Sendable>: Sendable {
  private enum State: Sendable {
    case unread
    case read(Value, FileWatch)
    indirect case failed(ReadingError, last: Value?)
  }

  private var state = State.unread
  /// Files that the value depends on beside the one file.
  private var others: [String: FileWatch] = [:]

  package init() {}

  /// What was last made of the file; nil if nothing was, or what is there now is known to be wrong.
  package var value: Value? {
    switch state {
    case .unread: nil
    case .read(let value, _): value
    case .failed(_, let last): last
    }
  }

  /// Why the file as it is now could not be read. If it is a fault that may pass, there may be a ``value`` nevertheless.
  package var error: ReadingError? {
    if case .failed(let error, _) = state { error } else { nil }
  }

  /// The fault of a disk, or of rights, through which a ``value`` stands that the file may no longer have. A change that is
  /// under way is none.
  package var standingFault: ReadingError? {
    if case .failed(let error, .some) = state, error.isTransient, error.cause != .changing { error } else { nil }
  }

  /// Whether the file was read as it was on the disk, and that cannot have changed without a sign.
  package var isSettled: Bool {
    if case .read(_, let watch) = state { watch.isSettled } else { false }
  }

  /// Whether the file must be read: it was not yet, may have changed, or is to be tried again.
  ///
  /// - Parameters:
  ///   - file: the file, as `fingerprint` takes it.
  ///   - fingerprint: looks at a file: this one, one at fault, or another that the value depends on.
  /// - Returns: whether ``update(keepingValue:_:)`` is to be called.
  package func mayHaveChanged(
    _ file: String, _ fingerprint: (String) throws(FileError) -> FileFingerprint?
  ) -> Bool {
    switch state {
    case .unread: return true
    case .read(_, let watch):
      if watch.mayHaveChanged(to: try fingerprint(file)) { return true }
    case .failed(let error, _):
      if let watch = error.watch, watch.mayHaveChanged(to: try fingerprint(error.file)) { return true }
    }
    for (other, watch) in others where watch.mayHaveChanged(to: try fingerprint(other)) { return true }
    return false
  }

  /// Reads the file, whether it may have changed or not.
  ///
  /// - Parameters:
  ///   - keepsValue: whether what was last made of the file stands in spite of an error; by default if that may pass, or if
  ///     the file, or another that the value depends on, is only just written.
  ///   - read: reads it. It is given what was last made of the file, and notes other files that the value depends on.
  /// - Throws: ``ReadingError`` if this process or the machine is out of descriptors or memory.
  package mutating func update(
    keepingValue keepsValue: (ReadingError, _ isYoung: Bool) -> Bool = { $0.isTransient || $1 },
    _ read: (_ last: Value?, _ others: inout [String: FileWatch]) throws(ReadingError) -> (Value, FileWatch)
  ) throws(ReadingError) {
    var others: [String: FileWatch] = [:]
    do {
      let (new, watch) = try read(value, &others)
      state = .read(new, watch)
    } catch {
      if error.isExhaustion { throw error }
      let isYoung = error.cause == nil && !(error.watch?.isSettled ?? true) || others.contains { !$0.value.isSettled }
      state = .failed(error.following(self.error), last: keepsValue(error, isYoung) ? value : nil)
    }
    self.others = others
  }
}
