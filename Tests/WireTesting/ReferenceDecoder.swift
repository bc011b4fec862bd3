internal import CMessagePack
internal import MessagePack

/// libmsgpack by itself, to compare our check of the limits with.
final class ReferenceDecoder {
  private let zone = msgpack_zone_new(Int(MSGPACK_ZONE_CHUNK_SIZE))

  deinit {
    msgpack_zone_free(zone)
  }

  /// Whether libmsgpack, too, finds that bytes are no message.
  ///
  /// It is asked only where it reads no further than we did: beyond, it would reserve whatever a length declares.
  func agrees(thatRefused bytes: RawSpan, with error: MessagePackError) -> Bool {
    switch error.code {
    case .empty: return bytes.isEmpty
    case .tooManyBytes: return bytes.byteCount > Limits.request.bytes
    case .tooDeep, .tooManyElements: return true
    case .trailingBytes: return verdict(on: bytes) == MSGPACK_UNPACK_EXTRA_BYTES
    case .reservedByte: return verdict(on: bytes) == MSGPACK_UNPACK_PARSE_ERROR
    case .truncated:
      switch firstByte(of: bytes, from: error.offset ?? 0) {
      // A container that lacks bytes, and an extension of 4 GiB, whose length is zero for libmsgpack.
      case .some(0x80...0x9f), .some(0xdc...0xdf), .some(0xc9): return true
      default: return verdict(on: bytes) == MSGPACK_UNPACK_CONTINUE
      }
    default: return false
    }
  }

  private func firstByte(of bytes: RawSpan, from offset: Int) -> UInt8? {
    offset < bytes.byteCount ? bytes.unsafeLoad(fromByteOffset: offset, as: UInt8.self) : nil
  }

  private func verdict(on bytes: RawSpan) -> msgpack_unpack_return {
    var root = msgpack_object()
    defer { msgpack_zone_clear(zone) }
    return bytes.withUnsafeBytes { buffer in
      msgpack_unpack(buffer.baseAddress?.assumingMemoryBound(to: CChar.self), buffer.count, nil, zone, &root)
    }
  }
}
