internal import MessagePack
internal import ZeroMQ

extension Message {
  /// A message that shares its bytes with every other reader of them.
  init(lending bytes: PackedBytes) throws(ZeroMQError) {
    self = try bytes.withUnsafeBytes { (buffer) throws(ZeroMQError) in
      try Message(lending: buffer, keepingAlive: bytes)
    }
  }
}
