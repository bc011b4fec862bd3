internal import FileReading
internal import Glibc

/// A folder of public certificates, `NAME.key`, that is read again when it changes. Used by one thread.
struct AuthorizedKeys {
  /// What the folder held when it was read.
  struct Contents: Equatable {
    var keys: Set<String> = []
    /// The files that were left out, and the folder if it could not be read.
    var problems: [SecurityError] = []
  }

  let path: String
  private var watched: [String: FileWatch]?

  /// More would be something else than a list of clients.
  static let maxFiles = 10_000

  init(path: String) {
    self.path = path
  }

  /// Reads the folder if it may have changed since.
  ///
  /// - Returns: What it holds, nil if nothing changed. Of a folder that cannot be read that is no key at all.
  mutating func read() -> Contents? {
    do throws(SecurityError) {
      let names = try fileNames()
      let stamps = names.map { ($0, FileFingerprint(following: "\(path)/\($0)")) }
      if let watched, watched.count == names.count,
        stamps.allSatisfy({ name, stamp in watched[name]?.mayHaveChanged(to: stamp) == false })
      {
        return nil
      }
      let opened = FileFingerprint.now()
      var contents = Contents()
      for name in names {
        do throws(SecurityError) {
          contents.keys.insert(try Certificate(KeyFile.read("\(path)/\(name)"), path: "\(path)/\(name)").publicKey)
        } catch {
          contents.problems.append(error)
        }
      }
      watched = Dictionary(uniqueKeysWithValues: stamps.map { ($0, FileWatch($1, opened: opened)) })
      return contents
    } catch {
      watched = nil
      return Contents(problems: [error])
    }
  }

  /// The names of the certificates, in order.
  ///
  /// - Throws: ``SecurityError`` when the folder cannot be read.
  func fileNames() throws(SecurityError) -> [String] {
    guard let folder = opendir(path) else { throw SecurityError(errno: errno, cannot: "read", path) }
    defer { closedir(folder) }
    // A folder that changes meanwhile may give a name twice.
    var names: Set<String> = []
    while true {
      errno = 0
      guard let entry = readdir(folder) else {
        guard errno == 0 else { throw SecurityError(errno: errno, cannot: "read", path) }
        return names.sorted()
      }
      let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      guard let name = String(validating: bytes, as: UTF8.self), name.hasSuffix(Certificate.publicSuffix),
        !name.hasPrefix(".")
      else { continue }
      names.insert(name)
      guard names.count <= Self.maxFiles else {
        throw SecurityError(.invalid, "\(path) holds more than \(Self.maxFiles) keys")
      }
    }
  }
}
