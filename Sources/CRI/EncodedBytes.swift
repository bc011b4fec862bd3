internal import GRPCCore
internal import GRPCNIOTransportHTTP2Posix

/// A message that was encoded before: its bytes are shared by all who are sent it.
struct EncodedBytes: Sendable {
  let bytes: GRPCNIOTransportBytes

  init(_ bytes: some Sequence<UInt8>) {
    self.bytes = GRPCNIOTransportBytes(bytes)
  }

  var count: Int { bytes.count }
}

/// Sends what is encoded already.
struct EncodedBytesSerializer: MessageSerializer {
  func serialize<Bytes: GRPCContiguousBytes>(_ message: EncodedBytes) throws -> Bytes {
    if let bytes = message.bytes as? Bytes { return bytes }
    return message.bytes.withUnsafeBytes { Bytes($0) }
  }
}
