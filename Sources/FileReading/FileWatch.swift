/// What a file was when it was read, to know whether it must be read again.
///
/// Two writes within one tick of the file system's clock leave one stamp, so a file that was read within the tick of
/// its last write must be read again whatever its stamp says: the "racy" entries of git's index.
package struct FileWatch: Sendable, Hashable {
  /// After so many nanoseconds a further write cannot leave the stamp as it was. The coarsest clock that a file system
  /// counts in is FAT's, two seconds.
  package static let settlingTime: Int64 = 2_000_000_000

  /// Nil if there was no file.
  package let stamp: FileFingerprint?
  /// Whether a later write cannot have left the stamp as it is.
  package let isSettled: Bool

  /// A file that was read, or found missing.
  ///
  /// - Parameters:
  ///   - stamp: what it was, nil if there was none.
  ///   - opened: nanoseconds since 1970, taken before the file was opened. A file that has changed after it, by the
  ///     clock of another machine, counts as only just written.
  package init(_ stamp: FileFingerprint?, opened: Int64) {
    self.stamp = stamp
    isSettled =
      stamp.map { stamp in
        let (age, overflow) = opened.subtractingReportingOverflow(stamp.changed)
        return !overflow && age > Self.settlingTime
      } ?? true
  }

  /// A file that must be read again whatever its stamp says.
  package init(unsettled stamp: FileFingerprint?) {
    self.stamp = stamp
    isSettled = false
  }

  /// Whether a file that has this stamp now, nil for none, may be another than the one that was read.
  package func mayHaveChanged(to now: FileFingerprint?) -> Bool { !isSettled || stamp != now }
}
