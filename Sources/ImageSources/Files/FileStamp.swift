internal import Glibc

/// What tells, without reading a file, whether it is still the file that was read.
struct FileStamp: Sendable, Hashable {
  /// After this time a further write cannot leave the stamp as it was: the coarsest clock that a file system counts in
  /// is FAT's, two seconds.
  static let settlingTime: Int64 = 2_000_000_000

  let device: UInt64
  let inode: UInt64
  /// Bytes.
  let size: Int64
  /// Nanoseconds since 1970; what `touch`, `tar` and reproducible builds set as they like.
  let modified: Int64
  /// Nanoseconds since 1970; the kernel sets it at every write, and no program can set it back.
  let changed: Int64

  init(_ status: stat) {
    device = UInt64(status.st_dev)
    inode = UInt64(status.st_ino)
    size = Int64(status.st_size)
    modified = Self.nanoseconds(status.st_mtim)
    changed = Self.nanoseconds(status.st_ctim)
  }

  /// The stamp of the file at `path`, nil if there is none. A link there has its own stamp.
  init?(path: String) {
    var status = stat()
    guard lstat(path, &status) == 0 else { return nil }
    self.init(status)
  }

  /// Whether a file that is written after `time` is bound to get another stamp.
  ///
  /// Two writes within one tick of the file system's clock leave one stamp, so a file read within the tick of its
  /// last write must be read again: the "racy" entries of git's index. A time of change in the future counts as not
  /// settled, as another machine's clock set it.
  ///
  /// - Parameter time: nanoseconds since 1970, taken before the file was opened.
  /// - Returns: false if the file must be read again to know.
  func isSettled(at time: Int64) -> Bool {
    let (age, overflow) = time.subtractingReportingOverflow(changed)
    return !overflow && age > Self.settlingTime
  }

  /// Nanoseconds since 1970.
  static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return nanoseconds(time)
  }

  private static func nanoseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}
