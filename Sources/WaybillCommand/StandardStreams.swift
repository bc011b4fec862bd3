import Foundation

/// The three descriptors that a program is given.
enum StandardStreams {
  /// Takes the numbers of those that were not given, so that no socket gets one of them and the log is written into it.
  /// Writing to them stays an error.
  static func reserve() {
    for descriptor in STDIN_FILENO...STDERR_FILENO where fcntl(descriptor, F_GETFD) == -1 {
      _ = open("/dev/null", O_RDONLY)
    }
  }
}
