package import Glibc

/// What tells, without reading a file, whether it is still the file that was read.
package struct FileFingerprint: Sendable, Hashable {
  package let device: UInt64
  package let inode: UInt64
  /// Bytes.
  package let size: Int64
  /// Nanoseconds since 1970; what `touch`, `tar` and reproducible builds set as they like.
  package let modified: Int64
  /// Nanoseconds since 1970; the kernel sets it at every write, and no program can set it back.
  package let changed: Int64

  package init(device: UInt64, inode: UInt64, size: Int64, modified: Int64, changed: Int64) {
    self.device = device
    self.inode = inode
    self.size = size
    self.modified = modified
    self.changed = changed
  }

  package init(_ status: stat) {
    self.init(
      device: UInt64(status.st_dev), inode: UInt64(status.st_ino), size: Int64(status.st_size),
      modified: Self.nanoseconds(status.st_mtim), changed: Self.nanoseconds(status.st_ctim))
  }

  /// The fingerprint of what `path` leads to, through links.
  ///
  /// - Returns: nil if there is nothing.
  /// - Throws: ``FileError`` if the operating system does not say.
  package static func following(_ path: String) throws(FileError) -> FileFingerprint? {
    try FileStatus.ifThere { stat(path, &$0) }.map(FileFingerprint.init)
  }

  /// Nanoseconds since 1970.
  package static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return nanoseconds(time)
  }

  private static func nanoseconds(_ time: timespec) -> Int64 {
    Int64(time.tv_sec) &* 1_000_000_000 &+ Int64(time.tv_nsec)
  }
}
