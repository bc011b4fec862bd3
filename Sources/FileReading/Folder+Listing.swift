internal import Glibc

extension Folder {
  /// The name of something in a folder.
  package struct Entry: Sendable {
    /// The name, repaired where it is not UTF-8; such a name opens nothing.
    package let name: String
    package let isUTF8: Bool
  }

  /// The folder's own fingerprint, which changes when something in it is made, removed or renamed.
  ///
  /// - Throws: ``FileError`` if the operating system does not say.
  package func ownFingerprint() throws(FileError) -> FileFingerprint {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw FileError(errno: errno) }
    return FileFingerprint(status)
  }

  /// The names of what is in the folder, hidden ones left out, in no order.
  ///
  /// - Throws: ``FileError/tooMany(limit:)`` if there are more than `limit`, hidden ones counted.
  package func entries(limit: Int) throws(FileError) -> [Entry] {
    // A descriptor of its own, as a stream takes the place in the listing with it and closes what it reads.
    let own = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard own >= 0 else { throw FileError(errno: errno) }
    guard let stream = fdopendir(own) else {
      let problem = FileError(errno: errno)
      close(own)
      throw problem
    }
    defer { closedir(stream) }

    var entries: [Entry] = []
    var count = 0
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        guard errno == 0 else { throw FileError(errno: errno) }
        return entries
      }
      count += 1
      // Two of them are "." and "..".
      guard count <= limit + 2 else { throw .tooMany(limit: limit) }
      let bytes = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      guard bytes.first != UInt8(ascii: ".") else { continue }
      let name = String(validating: bytes, as: UTF8.self)
      entries.append(Entry(name: name ?? String(decoding: bytes, as: UTF8.self), isUTF8: name != nil))
    }
  }
}
