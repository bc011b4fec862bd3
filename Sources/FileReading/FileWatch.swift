/// What a file was when it was looked at, to know whether it must be read again.
///
/// Two writes within one tick of the file system's clock leave one fingerprint, so a file that was read within the tick of
/// its last write must be read again whatever its fingerprint says: the "racy" entries of git's index. A file that a
/// passing fault kept from being read is tried again though it stays as it is: after half a second, then after twice as
/// long each time, up to three seconds.
package struct FileWatch: Sendable, Hashable {
  private enum State: Hashable {
    /// A later write cannot have left the fingerprint as it was.
    case settled
    /// The fingerprint proves nothing.
    case unsettled
    /// The file could not be read, and is tried again then.
    case retrying(at: ContinuousClock.Instant, delay: Duration)
  }

  /// After so many nanoseconds a further write cannot leave the fingerprint as it was. The coarsest clock that a file
  /// system counts in is FAT's, two seconds.
  package static let settlingTime: Int64 = 2_000_000_000

  private static let firstDelay = Duration.milliseconds(500)
  private static let longestDelay = Duration.seconds(3)

  /// Nil if there was no file.
  package let fingerprint: FileFingerprint?
  private var state: State

  /// A file that was read, or found missing.
  ///
  /// - Parameters:
  ///   - fingerprint: what it was, nil if there was none.
  ///   - opened: nanoseconds since 1970, taken before the file was opened. A file that has changed after it, by the
  ///     clock of another machine, counts as only just written.
  package init(_ fingerprint: FileFingerprint?, opened: Int64) {
    self.fingerprint = fingerprint
    let isSettled =
      fingerprint.map { fingerprint in
        let (age, overflow) = opened.subtractingReportingOverflow(fingerprint.changed)
        return !overflow && age > Self.settlingTime
      } ?? true
    state = isSettled ? .settled : .unsettled
  }

  /// A file that must be read again whatever its fingerprint says.
  package init(unsettled fingerprint: FileFingerprint?) {
    self.fingerprint = fingerprint
    state = .unsettled
  }

  /// Whether a later write cannot have left the fingerprint as it is.
  package var isSettled: Bool { state == .settled }

  /// The watch of a file that `error` kept from being read.
  ///
  /// - Parameters:
  ///   - error: what the operating system said. A fact about the file changes nothing, and a file that is being written is
  ///     read again at the next look.
  ///   - previous: the watch of the try before.
  ///   - now: the time.
  /// - Returns: the watch.
  package func retrying(
    after error: FileError, previous: FileWatch? = nil, at now: ContinuousClock.Instant = .now
  ) -> FileWatch {
    var watch = self
    guard error.isTransient else { return watch }
    guard error != .changing else { return FileWatch(unsettled: fingerprint) }
    var delay = Self.firstDelay
    if case .retrying(_, let last)? = previous?.state { delay = min(last * 2, Self.longestDelay) }
    watch.state = .retrying(at: now + delay, delay: delay)
    return watch
  }

  /// Whether the file may be another than the one that was looked at, or must be tried again.
  ///
  /// - Parameters:
  ///   - now: the file's fingerprint, nil if there is none. If that cannot be told, the file must be tried.
  ///   - time: the time, for a file that could not be read. Until it is to be tried again, the file is left alone.
  /// - Returns: whether to read the file.
  package func mayHaveChanged(
    to now: @autoclosure () throws(FileError) -> FileFingerprint?, at time: ContinuousClock.Instant = .now
  ) -> Bool {
    switch state {
    case .unsettled: return true
    case .retrying(let due, _): return time >= due
    case .settled:
      do { return try now() != fingerprint } catch { return true }
    }
  }
}
