/// What becomes of a peer that wants to connect (RFC 27/ZAP).
public struct ZAPReply: Sendable, Hashable {
  /// Three digits.
  let status: Int
  /// Why, for a person; libzmq does not pass it on to the peer.
  let text: String
  /// Who the peer is.
  let userID: String

  /// The peer is let in, and each of its messages has this ``Message/userID``.
  public static func allow(userID: String) -> ZAPReply { ZAPReply(status: 200, text: "OK", userID: userID) }

  /// The peer is refused. It is told so, and libzmq there does not come again by itself.
  public static func refuse(_ reason: String) -> ZAPReply { ZAPReply(status: 400, text: reason, userID: "") }

  /// The question makes no sense.
  static func fault(_ reason: String) -> ZAPReply { ZAPReply(status: 500, text: reason, userID: "") }
}
