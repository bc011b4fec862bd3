/// Whom an image's first process runs as, from the `User` of its configuration.
///
/// CRI has two fields for it, `uid` and `username`, that exclude each other. Neither means root to a kubelet that
/// checks `runAsNonRoot`, so a uid that gets lost is a security fault.
public enum ImageUser: Sendable, Hashable {
  /// The configuration names no user.
  case unspecified
  /// A numeric user id.
  case uid(Int64)
  /// A user's name, looked up in the image's own `/etc/passwd` when a container starts. Never empty.
  case name(String)

  /// Reads `user[:group]`, the `User` of an OCI image configuration.
  ///
  /// The part before the first `:` is a uid if it is a base-10 64-bit integer, otherwise a name. If it is empty, no user is
  /// specified.
  public init(configUser: String) {
    // By bytes: a colon with an accent on it is one character to `String`, and a colon to every runtime.
    let user = Substring(configUser.utf8.prefix { $0 != UInt8(ascii: ":") })
    if user.isEmpty {
      self = .unspecified
    } else if let uid = Int64(user) {
      self = .uid(uid)
    } else {
      self = .name(String(user))
    }
  }
}
