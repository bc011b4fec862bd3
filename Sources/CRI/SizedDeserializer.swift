internal import GRPCCore
internal import GRPCProtobuf
internal import SwiftProtobuf

/// A message and how many bytes it had.
struct Sized<Message: Sendable>: Sendable {
  let message: Message
  let byteCount: Int
}

/// Reads messages whose sizes are added up.
struct SizedDeserializer<Message: SwiftProtobuf.Message>: MessageDeserializer {
  func deserialize<Bytes: GRPCContiguousBytes>(_ bytes: Bytes) throws -> Sized<Message> {
    Sized(message: try ProtobufDeserializer<Message>().deserialize(bytes), byteCount: bytes.count)
  }
}
