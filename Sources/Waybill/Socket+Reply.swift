internal import MessagePack
internal import ZeroMQ

extension Socket {
  /// Sends a reply: the one that a handler handed over, shared with all its other readers, or else the one that it lends.
  func send(_ handedOver: PackedBytes?, orLentBy handler: borrowing RequestHandler) throws(ZeroMQError) {
    guard let handedOver else {
      return try handler.withReply { (reply) throws(ZeroMQError) in try send(copying: reply) }
    }
    let message = try handedOver.withUnsafeBytes { (bytes) throws(ZeroMQError) in
      try Message(lending: bytes, keepingAlive: handedOver)
    }
    try send(message)
  }
}
