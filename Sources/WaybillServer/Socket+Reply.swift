internal import MessagePack
package import ZeroMQ

extension Socket {
  /// Up to so many bytes are sooner copied than shared, as libzmq's thread must say when it has done with what is shared.
  private static var maxCopied: Int { 4 * 1_024 }

  /// Sends a reply of a handler.
  package func send(_ reply: RequestHandler.Reply, of handler: borrowing RequestHandler) throws(ZeroMQError) {
    switch reply {
    case .kept:
      try handler.withReply { (bytes) throws(ZeroMQError) in try send(copying: bytes) }
    case .own(let bytes), .shared(let bytes):
      guard bytes.count > Self.maxCopied else {
        return try bytes.withBytes { (bytes) throws(ZeroMQError) in try send(copying: bytes) }
      }
      let message = try bytes.withUnsafeBytes { (buffer) throws(ZeroMQError) in
        try Message(lending: buffer, keepingAlive: bytes)
      }
      try send(message)
    }
  }
}
