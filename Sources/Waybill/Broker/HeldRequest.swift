internal import ZeroMQ

/// A request from the moment it was admitted until it is over. The objects are used again: a request allocates nothing.
final class HeldRequest {
  /// The envelope, up to the empty part, and the body.
  var message = MultipartMessage()
  /// Where the body begins.
  private(set) var bodyStart = 0
  /// How many workers it was given to.
  var dispatches = 0

  /// Looks for the body of a message that has just come: behind the first empty part after the client's identity.
  ///
  /// - Returns: Whether there is such a part.
  func findBody() -> Bool {
    dispatches = 0
    for index in message.isEmpty ? 0..<0 : 1..<message.count where message.isEmptyFrame(index) {
      bodyStart = index + 1
      return true
    }
    return false
  }
}
