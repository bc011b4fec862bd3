internal import FileReading

/// A folder of public certificates, `NAME.key`, that is read again when it changes. Used by one thread.
///
/// Whoever is let in stays so while the list, or his key, cannot be read because the process or the machine is out of
/// descriptors or memory, or because the disk fails. A list that is missing or may not be read lets nobody in, and a key that
/// is wrong or may not be read is left out. All is tried again.
struct AuthorizedKeys {
  /// What the folder held when it was read.
  struct Contents: Equatable {
    var keys: Set<String> = []
    /// The files that were left out, and the folder if it could not be read.
    var problems: [SecurityError] = []
  }

  let path: String
  private var files: [String: RememberedFile<String>] = [:]
  private var last: Contents?

  /// More would be something else than a list of clients.
  static let maxFiles = 10_000
  /// Hidden files and what is no key count too.
  private static let maxEntries = 100_000

  init(path: String) {
    self.path = path
  }

  /// Checks that the folder can be read.
  ///
  /// - Throws: ``SecurityError`` otherwise.
  func check() throws(SecurityError) {
    do {
      _ = try fileNames()
    } catch {
      throw SecurityError(error, of: path)
    }
  }

  /// Reads the folder if it may have changed since.
  ///
  /// - Returns: What it holds, nil if nothing changed.
  mutating func read() -> Contents? {
    let names: [String]
    do {
      names = try fileNames()
    } catch {
      if !error.keepsKeys {
        files = [:]
        last = nil
      }
      return Contents(keys: last?.keys ?? [], problems: [SecurityError(error, of: path)])
    }
    let there = Set(names)
    files = files.filter { there.contains($0.key) }
    var contents = Contents()
    for name in names { read(name, into: &contents) }
    guard contents != last else { return nil }
    last = contents
    return contents
  }

  /// Reads the key `name` if it may have changed, and adds it, or what is wrong with it.
  private mutating func read(_ name: String, into contents: inout Contents) {
    let path = "\(path)/\(name)"
    var file = files[name] ?? RememberedFile()
    var exhaustion: ReadingError?
    if file.mayHaveChanged(path, FileFingerprint.following) {
      do {
        try file.update(keepingValue: { error, _ in error.cause?.keepsKeys ?? false }) { _, _ throws(ReadingError) in
          try Self.key(path)
        }
      } catch {
        exhaustion = error
      }
    }
    files[name] = file
    if let key = file.value { contents.keys.insert(key) }
    if let error = exhaustion ?? file.error {
      contents.problems.append(error.cause.map { SecurityError($0, of: path) } ?? SecurityError(.invalid, error.reason))
    }
  }

  private static func key(_ path: String) throws(ReadingError) -> (String, FileWatch) {
    let opened = FileFingerprint.now()
    let text: String
    let watch: FileWatch
    do throws(FileError) {
      let file = try OpenFile(path: path)
      watch = FileWatch(file.fingerprint, opened: opened)
      text = try KeyFile.text(of: file)
    } catch {
      throw ReadingError(path, error, opened: opened) { () throws(FileError) in try FileFingerprint.following(path) }
    }
    do {
      return (try Certificate(text, path: path).publicKey, watch)
    } catch {
      throw ReadingError(path, error.description, watch: watch)
    }
  }

  /// The names of the certificates, in order.
  private func fileNames() throws(FileError) -> [String] {
    let entries = try Folder(path: path).entries(limit: Self.maxEntries)
    // A folder that changes meanwhile may give a name twice.
    let names = Set(entries.lazy.filter { $0.isUTF8 && $0.name.hasSuffix(Certificate.publicSuffix) }.map(\.name))
    guard names.count <= Self.maxFiles else { throw .tooMany(limit: Self.maxFiles) }
    return names.sorted()
  }
}

extension FileError {
  /// Whether keys that could be read before stay valid.
  fileprivate var keepsKeys: Bool { isExhaustion || self == .inputOutput }
}
