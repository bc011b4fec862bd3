internal import CZeroMQ

extension Message {
  /// The IP address of the peer that sent this message; nil for a message made here or received over `inproc://`.
  public var peerAddress: String? { metadata("Peer-Address") }

  /// Who sent this message, as the ZAP handler named the peer when it connected; nil where none was asked.
  ///
  /// Goes with the message as it was received, and is lost when the message is sent on.
  public var userID: String? { metadata("User-Id") }

  /// A property of the connection that this message came by.
  ///
  /// - Parameter name: `Peer-Address`, `Socket-Type`, `Routing-Id`, `User-Id` (set by ZAP), or `X-` and a name that the
  ///   peer chose; see zmq_msg_gets(3).
  /// - Returns: The value, or nil when the connection has no such property.
  public func metadata(_ name: String) -> String? {
    withUnsafePointer(to: storage) { zmq_msg_gets($0, name).map { String(cString: $0) } }
  }
}
