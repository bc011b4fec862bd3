internal import Glibc

/// The public keys that a server may have: more than one while it changes its key, or where several servers are asked.
///
/// They are read anew for each connection, so that a key which is added or replaced counts from the next one on.
public struct ServerKeys: Sendable, Hashable {
  private let places: [String]

  /// - Parameter places: Each a key of 40 characters of Z85, the path of a certificate, or a folder of certificates,
  ///   `NAME.key`. At least one.
  public init(_ places: [String]) {
    precondition(!places.isEmpty)
    self.places = places
  }

  /// - Parameter place: As in ``init(_:)-([String])``.
  public init(_ place: String) {
    self.init([place])
  }

  /// Reads all keys.
  ///
  /// - Returns: The keys in Z85, each once, in the order of the places; at least one.
  /// - Throws: ``SecurityError`` for a place that cannot be read or has no key. A broken file in a folder leaves out that
  ///   key.
  public func read() throws(SecurityError) -> [String] {
    var keys: [String] = []
    for place in places {
      for key in try Self.read(place) where !keys.contains(key) { keys.append(key) }
    }
    return keys
  }

  private static func read(_ place: String) throws(SecurityError) -> [String] {
    var status = stat()
    guard stat(place, &status) == 0, status.st_mode & S_IFMT == S_IFDIR else {
      return [try Certificate.publicKey(place)]
    }
    var folder = AuthorizedKeys(path: place)
    let contents = folder.read() ?? AuthorizedKeys.Contents()
    guard !contents.keys.isEmpty else {
      throw contents.problems.first ?? SecurityError(.missing, "\(place) has no certificate, NAME.key")
    }
    return contents.keys.sorted()
  }
}
