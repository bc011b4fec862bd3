internal import CArchive
internal import Glibc
internal import ImageAPI

internal import struct Crypto.SHA256

/// A file in an archive.
struct TarMember {
  enum Kind {
    /// A regular file, of so many bytes.
    case file(size: UInt64)
    /// Another name for the file of that name.
    case hardLink(String)
    /// A link to that path, as seen from the link's own folder.
    case symbolicLink(String)
    /// A folder, a device, a FIFO.
    case other
  }

  let name: String
  let kind: Kind
  /// Why it is not to be trusted, a clause that goes on from the name; nil if nothing is wrong with it.
  let problem: String?
}

/// Reads a tar archive from front to back: POSIX, GNU, and the old formats.
struct TarReader: ~Copyable {
  private let reader: ArchiveReader
  private var isInMember = false

  init(_ input: any ByteInput) throws(ArchiveError) {
    reader = try ArchiveReader(.tar, from: input)
  }

  /// Goes on to the next file, over what was not read of the last one; nil at the end.
  mutating func next() throws(ArchiveError) -> TarMember? {
    if isInMember, archive_read_data_skip(reader.handle) < ARCHIVE_WARN { throw reader.fault }
    isInMember = true
    reader.allowance = ArchiveLimits.headerSize
    defer { reader.allowance = nil }
    var entry: OpaquePointer?
    let result = archive_read_next_header(reader.handle, &entry)
    guard result != ARCHIVE_EOF else { return nil }
    guard result == ARCHIVE_OK || result == ARCHIVE_WARN, let entry else { throw reader.fault }
    return TarMember(
      name: archive_entry_pathname(entry).map { String(cString: $0) } ?? "", kind: Self.kind(entry),
      problem: result == ARCHIVE_OK ? Self.problem(entry) : "has a header that is not understood: \(reader.message)")
  }

  /// The contents of the file that was come to last.
  ///
  /// - Parameters:
  ///   - limit: bytes.
  ///   - first: the first byte that the file must have; nil for any.
  /// - Returns: nil if the file is larger or begins otherwise.
  /// - Throws: ``ArchiveError`` if the archive ends there or makes no sense.
  mutating func contents(limit: Int, startingWith first: UInt8? = nil) throws(ArchiveError) -> [UInt8]? {
    var bytes: [UInt8] = []
    while let block = try nextBlock() {
      guard block.count <= limit - bytes.count, !bytes.isEmpty || first == nil || block.first == first else {
        return nil
      }
      bytes += block
    }
    return first == nil || !bytes.isEmpty ? bytes : nil
  }

  /// The digest of the file that was come to last.
  ///
  /// - Throws: ``ArchiveError`` if the archive ends there or makes no sense.
  mutating func digest() throws(ArchiveError) -> Digest {
    var hash = SHA256()
    while let block = try nextBlock() { hash.update(bufferPointer: block) }
    return Digest(hash.finalize())
  }

  /// The next bytes of the file that was come to last, which are there until the next call; nil at its end.
  private func nextBlock() throws(ArchiveError) -> UnsafeRawBufferPointer? {
    var start: UnsafeRawPointer?
    var count = 0
    var offset: Int64 = 0
    let result = archive_read_data_block(reader.handle, &start, &count, &offset)
    guard result != ARCHIVE_EOF else { return nil }
    guard result == ARCHIVE_OK || result == ARCHIVE_WARN else { throw reader.fault }
    return UnsafeRawBufferPointer(start: start, count: count)
  }

  private static func kind(_ entry: OpaquePointer) -> TarMember.Kind {
    if let target = archive_entry_hardlink(entry) { return .hardLink(String(cString: target)) }
    switch archive_entry_filetype(entry) & S_IFMT {
    case S_IFREG:
      return .file(size: UInt64(clamping: archive_entry_size(entry)))
    case S_IFLNK:
      return .symbolicLink(archive_entry_symlink(entry).map { String(cString: $0) } ?? "")
    default:
      return .other
    }
  }

  private static func problem(_ entry: OpaquePointer) -> String? {
    archive_entry_sparse_count(entry) > 0 ? "is a sparse file" : nil
  }
}
