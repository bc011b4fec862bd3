internal import WaybillServer

/// The shares of those clients that have large replies to read.
struct ReplyShares {
  private var shares: [ClientID: OutstandingReplies.Share] = [:]
  /// At how many shares to look for those that are empty. Twice as many as the last look left, so that a look costs
  /// each share that is added next to nothing.
  private var nextLook = minLook
  private static let minLook = 64

  /// The share of a client that had large replies to read of late.
  func existingShare(of client: @autoclosure () -> ClientID) -> OutstandingReplies.Share? {
    shares.isEmpty ? nil : shares[client()]
  }

  mutating func share(of client: ClientID) -> OutstandingReplies.Share {
    if let share = shares[client] { return share }
    if shares.count >= nextLook {
      shares = shares.filter { !$0.value.isEmpty }
      nextLook = max(Self.minLook, 2 * shares.count)
    }
    let share = OutstandingReplies.Share()
    shares[client] = share
    return share
  }
}
