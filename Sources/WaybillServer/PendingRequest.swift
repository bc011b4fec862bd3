package import ImageAPI
package import ImageWire
package import MessagePack
package import ZeroMQ

/// A request from the time it was received until it is over. The objects are used again: a request allocates nothing.
package final class PendingRequest {
  /// The envelope, up to the empty part, and the body.
  package var message = MultipartMessage()
  /// Where the body begins.
  package private(set) var bodyStart = 0
  /// How many workers it was given to.
  package var dispatches = 0

  package init() {}

  /// Looks for the body of a message that has just come: behind the first empty part after the client's routing id.
  ///
  /// - Returns: Whether there is such a part.
  package func findBody() -> Bool {
    dispatches = 0
    for index in message.isEmpty ? 0..<0 : 1..<message.count where message.isEmptyFrame(index) {
      bodyStart = index + 1
      return true
    }
    return false
  }

  /// Answers the request by an error in its own form, and frees the message.
  ///
  /// - Returns: The bytes of the answer; 0 when the client's queue is full, and the answer was dropped.
  /// - Throws: `hostUnreachable` from a ROUTER with `routerMandatory` when the client is gone.
  @discardableResult
  package func answer(_ error: APIError, on socket: borrowing Socket, _ unpacker: inout Unpacker) throws(ZeroMQError)
    -> Int
  {
    let envelope = message.withFrame(bodyStart) { Request(decoding: $0, with: &unpacker).envelope }
    return try answer(error, in: envelope, on: socket)
  }

  /// Answers the request by an error in a given form, and frees the message.
  ///
  /// - Returns: As ``answer(_:on:_:)``.
  /// - Throws: As ``answer(_:on:_:)``.
  @discardableResult
  package func answer(_ error: APIError, in envelope: Envelope, on socket: borrowing Socket) throws(ZeroMQError) -> Int
  {
    defer { message.removeAll() }
    var packer = Packer(capacity: 256)
    packer.pack(error, in: envelope)
    guard try socket.sendIfReady(&message, frames: 0..<bodyStart, more: true) else { return 0 }
    try packer.withBytes { (bytes) throws(ZeroMQError) in try socket.send(copying: bytes) }
    return packer.count
  }
}
