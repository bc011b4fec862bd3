/// Why a worker is in the pool no more.
enum Departure: String, CaseIterable {
  case disconnected = "it disconnected"
  case notAllowed = "its key is not allowed any more"
  case unreachable = "its connection ended, or it reads nothing"
  case silent = "it sent no heartbeat"
  case startedAgain = "it started again"
  case brokeProtocol = "it broke the protocol"

  /// As metrics call it.
  var name: String {
    switch self {
    case .disconnected: "disconnected"
    case .notAllowed: "not_allowed"
    case .unreachable: "unreachable"
    case .silent: "silent"
    case .startedAgain: "started_again"
    case .brokeProtocol: "broke_protocol"
    }
  }

  /// Whether it may have died of the request that it had in hand.
  var isLoss: Bool {
    switch self {
    case .disconnected, .notAllowed: false
    case .unreachable, .silent, .startedAgain, .brokeProtocol: true
    }
  }
}
