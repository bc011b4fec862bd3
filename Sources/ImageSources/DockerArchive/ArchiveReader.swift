internal import CArchive
internal import FileReading
internal import Glibc

/// An open archive of libarchive's, which takes its bytes from a ``ByteInput``.
final class ArchiveReader {
  enum Format {
    case tar
    /// One compressed file.
    case gzip
  }

  /// For those who read the archive; it is never passed on.
  let handle: OpaquePointer
  /// Bytes that may be taken from the input until this is set again; nil for any number.
  var allowance: Int?

  private let input: any ByteInput
  private var failure: ArchiveError?

  /// Opens what `input` holds, and reads as much as tells whether it is of that format.
  init(_ format: Format, from input: any ByteInput) throws(ArchiveError) {
    self.input = input
    guard let handle = archive_read_new() else { throw .file(.failed(errno: ENOMEM)) }
    self.handle = handle
    switch format {
    case .tar:
      archive_read_support_format_tar(handle)
    case .gzip:
      archive_read_support_format_raw(handle)
      // Not "support", which looks for as many compressions within each other as there are.
      archive_read_append_filter(handle, ARCHIVE_FILTER_GZIP)
    }
    let opened = archive_read_open2(
      handle, Unmanaged.passUnretained(self).toOpaque(), nil,
      { _, client, start in ArchiveReader.of(client)?.next(start) ?? -1 },
      { _, client, count in ArchiveReader.of(client)?.input.skip(count) ?? 0 },
      nil)
    guard opened == ARCHIVE_OK else { throw failure ?? .wrongKind("is no \(format) archive, or an empty one") }
  }

  deinit {
    archive_read_free(handle)
  }

  /// What went wrong: with the input, else what libarchive says.
  var fault: ArchiveError { failure ?? .broken("cannot be read: \(message)") }

  /// What libarchive says of what it did last.
  var message: String { archive_error_string(handle).map { String(cString: $0) } ?? "unknown error" }

  /// The reader that libarchive calls back.
  private static func of(_ client: UnsafeMutableRawPointer?) -> ArchiveReader? {
    client.map { Unmanaged<ArchiveReader>.fromOpaque($0).takeUnretainedValue() }
  }

  private func next(_ start: UnsafeMutablePointer<UnsafeRawPointer?>?) -> Int {
    do throws(ArchiveError) {
      let bytes = try input.next()
      if let allowance {
        guard allowance > 0 else { throw .broken("has a header of more than \(ArchiveLimits.headerSize) bytes") }
        self.allowance = allowance - bytes.count
      }
      start?.pointee = bytes.baseAddress
      return bytes.count
    } catch {
      failure = error
      return -1
    }
  }
}
