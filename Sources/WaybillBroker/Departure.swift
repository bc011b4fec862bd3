/// Why a worker is in the pool no more.
enum Departure: String {
  case disconnected = "it disconnected"
  case notAllowed = "its key is not allowed any more"
  case unreachable = "its connection ended, or it reads nothing"
  case silent = "it sent no heartbeat"
  case startedAgain = "it started again"
  case brokeProtocol = "it broke the protocol"

  /// Whether it may have died of the request that it had in hand.
  var isLoss: Bool {
    switch self {
    case .disconnected, .notAllowed: false
    case .unreachable, .silent, .startedAgain, .brokeProtocol: true
    }
  }
}
