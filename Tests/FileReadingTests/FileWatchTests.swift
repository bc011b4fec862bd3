import Testing

@testable import FileReading

@Suite struct FileWatchTests {
  private func stamp(
    device: UInt64 = 1, inode: UInt64 = 2, size: Int64 = 3, modified: Int64 = 4, changed: Int64 = 5
  ) -> FileFingerprint {
    FileFingerprint(device: device, inode: inode, size: size, modified: modified, changed: changed)
  }

  /// Seconds from the file's last change to its reading, and whether its stamp can be relied on.
  @Test(arguments: [(10, true), (3, true), (2, false), (1, false), (0, false), (-1, false), (-1_000_000, false)])
  func aFileReadSoonAfterAChangeIsReadAgain(age: Int64, isReliable: Bool) {
    let changed: Int64 = 1_700_000_000_000_000_000
    let stamp = stamp(changed: changed)
    #expect(!FileWatch(stamp, opened: changed + age * 1_000_000_000).mayHaveChanged(to: stamp) == isReliable)
  }

  @Test(arguments: [Int64.min, .max])
  func absurdDatesAreNotReliedOn(changed: Int64) {
    let stamp = stamp(changed: changed)
    #expect(FileWatch(stamp, opened: changed == .min ? .max : .min).mayHaveChanged(to: stamp))
  }

  @Test func eachPartOfAStampCounts() {
    let watch = FileWatch(stamp(), opened: .max)
    #expect(!watch.mayHaveChanged(to: stamp()))
    for other in [stamp(device: 9), stamp(inode: 9), stamp(size: 9), stamp(modified: 9), stamp(changed: 9), nil] {
      #expect(watch.mayHaveChanged(to: other))
    }
  }

  @Test func whatWasMissingIsUnchangedWhileItIsMissing() {
    let watch = FileWatch(nil, opened: 0)
    #expect(!watch.mayHaveChanged(to: nil))
    #expect(watch.mayHaveChanged(to: stamp()))
  }

  @Test func aFaultThatPassesIsTriedAgainLaterAndLater() {
    let start = ContinuousClock.now
    var watch = FileWatch(stamp(), opened: .max).retrying(after: .inputOutput, at: start)
    var now = start
    for delay in [0.5, 1, 2, 3, 3] {
      #expect(!watch.mayHaveChanged(to: stamp(), at: now + .seconds(delay - 0.01)))
      now += .seconds(delay)
      #expect(watch.mayHaveChanged(to: stamp(), at: now))
      watch = watch.retrying(after: .denied, previous: watch, at: now)
    }
  }

  @Test func aFileThatIsBeingWrittenIsReadAgainAtOnce() {
    #expect(FileWatch(stamp(), opened: .max).retrying(after: .changing).mayHaveChanged(to: stamp()))
  }

  @Test(arguments: [FileError.missing, .symbolicLink, .notAFile, .notAFolder, .tooMany(limit: 1)])
  func aFactIsNotTriedAgain(error: FileError) {
    #expect(!FileWatch(stamp(), opened: .max).retrying(after: error).mayHaveChanged(to: stamp()))
  }

  @Test func aFileThatCannotBeLookedAtMustBeTried() {
    let watch = FileWatch(stamp(), opened: .max)
    #expect(watch.mayHaveChanged(to: try { () throws(FileError) in throw .inputOutput }()))
  }
}
