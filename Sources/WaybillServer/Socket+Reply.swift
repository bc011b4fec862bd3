internal import ImageWire
internal import MessagePack
package import ZeroMQ

extension Socket {
  /// Sends a reply of a handler: a small one as a copy, a larger one lent, and a large one of its own counted among those
  /// that clients have yet to read. A shared reply takes no memory for each client.
  package func send(_ reply: RequestHandler.Reply, of handler: borrowing RequestHandler) throws(ZeroMQError) {
    switch reply {
    case .kept:
      try handler.withReply { (bytes) throws(ZeroMQError) in try send(copying: bytes) }
    case .own(let bytes) where bytes.count >= ReplySizes.minCounted:
      guard let outstanding = handler.outstanding else { return try send(lending: bytes) }
      try send(try outstanding.count(bytes))
    case .own(let bytes), .shared(let bytes):
      guard bytes.count <= ReplySizes.maxCopied else { return try send(lending: bytes) }
      try bytes.withBytes { (bytes) throws(ZeroMQError) in try send(copying: bytes) }
    }
  }

  private func send(lending bytes: PackedBytes) throws(ZeroMQError) {
    let message = try bytes.withUnsafeBytes { (buffer) throws(ZeroMQError) in
      try Message(lending: buffer, keepingAlive: bytes)
    }
    try send(message)
  }
}
