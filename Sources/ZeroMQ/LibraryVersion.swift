internal import CZeroMQ

/// The version of libzmq, in the sense of semver.org.
public struct LibraryVersion: Hashable, Comparable, Sendable, CustomStringConvertible {
  /// Counts incompatible changes.
  public let major: Int
  /// Counts additions.
  public let minor: Int
  /// Counts corrections.
  public let patch: Int

  /// A version to compare ``linked`` with.
  public init(major: Int, minor: Int, patch: Int) {
    self.major = major
    self.minor = minor
    self.patch = patch
  }

  /// The libzmq that this process runs with, which may be newer than the one it was compiled against.
  public static var linked: LibraryVersion {
    var (major, minor, patch) = (Int32(0), Int32(0), Int32(0))
    zmq_version(&major, &minor, &patch)
    return LibraryVersion(major: Int(major), minor: Int(minor), patch: Int(patch))
  }

  /// The three numbers with dots between them, such as `4.3.4`.
  public var description: String { "\(major).\(minor).\(patch)" }

  /// Orders versions by major, then minor, then patch number.
  public static func < (left: LibraryVersion, right: LibraryVersion) -> Bool {
    (left.major, left.minor, left.patch) < (right.major, right.minor, right.patch)
  }
}
