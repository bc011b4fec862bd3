import Glibc
import Testing

@testable import FileReading

/// The rule for faults that pass, which every reader keeps to.
@Suite struct RememberedFileTests {
  private let settled = FileWatch(nil, opened: 0)
  private let young = FileWatch(unsettled: nil)

  private func failing(with cause: FileError?, watch: FileWatch? = nil) -> ReadingError {
    ReadingError("file", "it is wrong", watch: watch ?? settled.retrying(after: cause ?? .missing), cause: cause)
  }

  /// A file of which `value` was made, and then an update failed.
  private func file(_ value: Int?, then error: ReadingError) throws(ReadingError) -> RememberedFile<Int> {
    var file = RememberedFile<Int>()
    if let value { try file.update { _, _ throws(ReadingError) in (value, settled) } }
    try file.update { last, _ throws(ReadingError) in
      #expect(last == value)
      throw error
    }
    return file
  }

  private func mayHaveChanged(_ file: RememberedFile<Int>) -> Bool {
    file.mayHaveChanged("file") { _ throws(FileError) in nil }
  }

  @Test(arguments: [EIO, ESTALE, EACCES, EPERM, EAGAIN, ETIMEDOUT, ENOLCK])
  func aFaultThatPassesKeepsTheValue(code: CInt) throws {
    let error = failing(with: FileError(errno: code))
    let file = try file(7, then: error)
    #expect(file.value == 7 && file.error?.reason == error.reason && !file.isSettled)
    #expect(!mayHaveChanged(file))
    #expect(try self.file(nil, then: error).value == nil)
  }

  @Test(arguments: [ENOENT, ELOOP, EISDIR, ENOTDIR])
  func aFactReplacesTheValueAndStands(code: CInt) throws {
    let file = try file(7, then: failing(with: FileError(errno: code)))
    #expect(file.value == nil && file.error != nil)
    #expect(!mayHaveChanged(file))
  }

  @Test func wrongContentsReplaceTheValueUnlessTheyAreYoung() throws {
    #expect(try file(7, then: failing(with: nil, watch: settled)).value == nil)
    let file = try file(7, then: failing(with: nil, watch: young))
    #expect(file.value == 7 && mayHaveChanged(file))
  }

  @Test(arguments: [EMFILE, ENFILE, ENOMEM])
  func exhaustionIsThrownAndNothingIsNoted(code: CInt) throws {
    var file = RememberedFile<Int>()
    try file.update { _, _ throws(ReadingError) in (7, settled) }
    #expect(throws: ReadingError.self) {
      try file.update { _, _ throws(ReadingError) in throw failing(with: FileError(errno: code)) }
    }
    #expect(file.value == 7 && file.error == nil && !mayHaveChanged(file))
  }

  @Test func theTimeBetweenTriesGrows() throws {
    var file = try file(nil, then: failing(with: .inputOutput))
    let first = file.error?.watch
    try file.update { _, _ throws(ReadingError) in throw failing(with: .inputOutput) }
    let now = ContinuousClock.now
    #expect(first?.mayHaveChanged(to: nil, at: now + .seconds(0.6)) == true)
    #expect(file.error?.watch?.mayHaveChanged(to: nil, at: now + .seconds(0.6)) == false)
    #expect(file.error?.watch?.mayHaveChanged(to: nil, at: now + .seconds(1.1)) == true)
  }

  @Test func aChangeOfAnotherFileCounts() throws {
    var file = RememberedFile<Int>()
    try file.update { _, others throws(ReadingError) in
      others["other"] = settled
      return (7, settled)
    }
    #expect(!mayHaveChanged(file))
    let fingerprint = FileFingerprint(device: 1, inode: 2, size: 3, modified: 4, changed: 5)
    #expect(file.mayHaveChanged("file") { name throws(FileError) in name == "other" ? fingerprint : nil })
  }
}
