package import CurveSecurity
package import ImageAPI
package import ZeroMQ

extension ZAPAuthenticator {
  /// What to answer a sender whose key is not allowed any more; nil when the sender may ask.
  package func refusal(of message: borrowing Message) -> APIError? {
    guard hasList else { return nil }
    return refusedKey(of: message.userID, at: message.peerAddress).map(Self.refusal)
  }

  /// As ``refusal(of:)``, of a message of several frames whose frame at `index` the peer sent.
  package func refusal(of message: borrowing MultipartMessage, frame index: Int) -> APIError? {
    refusedKey(of: message, frame: index).map(Self.refusal)
  }

  private static func refusal(of key: String) -> APIError {
    APIError(.permissionDenied, "the key \(key) is not allowed any more")
  }
}
