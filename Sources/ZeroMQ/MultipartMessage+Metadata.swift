internal import CZeroMQ

extension MultipartMessage {
  /// A property of the connection that a frame came by; see ``Message/metadata(_:)``.
  ///
  /// - Parameters:
  ///   - name: `Peer-Address`, `User-Id` (set by ZAP) and so on.
  ///   - index: Which frame, from 0; below ``count``. A ROUTER makes the first one itself.
  /// - Returns: The value, or nil when the connection has no such property.
  public borrowing func metadata(_ name: String, ofFrame index: Int) -> String? {
    withUnsafePointer(to: frames[index]) { zmq_msg_gets($0, name).map { String(cString: $0) } }
  }
}
