internal import MessagePack
internal import ZeroMQ

extension Socket {
  /// Up to so many bytes are sooner copied than shared, as libzmq's thread must say when it has done with what is shared.
  private static var mostCopied: Int { 4 * 1_024 }

  /// Sends a reply: the one that a handler handed over, shared with all its other readers, or else the one that it lends.
  func send(_ handedOver: PackedBytes?, orLentBy handler: borrowing RequestHandler) throws(ZeroMQError) {
    guard let handedOver else {
      return try handler.withReply { (reply) throws(ZeroMQError) in try send(copying: reply) }
    }
    guard handedOver.count > Self.mostCopied else {
      return try handedOver.withBytes { (reply) throws(ZeroMQError) in try send(copying: reply) }
    }
    let message = try handedOver.withUnsafeBytes { (bytes) throws(ZeroMQError) in
      try Message(lending: bytes, keepingAlive: handedOver)
    }
    try send(message)
  }
}
