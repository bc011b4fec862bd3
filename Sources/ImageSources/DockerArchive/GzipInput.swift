internal import CArchive
internal import FileReading

/// What a compressed file holds, decompressed as it is read.
final class GzipInput: ByteInput {
  private let reader: ArchiveReader
  private let limit: Int64
  private var total: Int64 = 0
  private let buffer: UnsafeMutableRawBufferPointer

  init(_ file: ArchiveFile) throws(ArchiveError) {
    let (product, overflow) = file.fingerprint.size.multipliedReportingOverflow(by: ArchiveLimits.expansion)
    limit = overflow ? .max : max(product, ArchiveLimits.smallExpansion)
    reader = try ArchiveReader(.gzip, from: file)
    // Not before: what throws until everything is initialised does not come to `deinit`.
    buffer = .allocate(byteCount: 1 << 18, alignment: 16)
    var entry: OpaquePointer?
    guard archive_read_next_header(reader.handle, &entry) == ARCHIVE_OK else { throw reader.fault }
  }

  deinit {
    buffer.deallocate()
  }

  func next() throws(ArchiveError) -> UnsafeRawBufferPointer {
    let count = archive_read_data(reader.handle, buffer.baseAddress, buffer.count)
    guard count >= 0 else { throw reader.fault }
    total += Int64(count)
    guard total <= limit else {
      throw .broken("is a gzip bomb: it holds more than \(ArchiveLimits.expansion) times its size, \(limit) bytes")
    }
    return UnsafeRawBufferPointer(rebasing: buffer[..<count])
  }

  /// There is no way to pass over what is compressed but to decompress it.
  func skip(_ count: Int64) -> Int64 { 0 }
}
