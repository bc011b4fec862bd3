import WaybillServer

@testable import WaybillBroker

/// Requests and workers that tests tell apart by numbers.
extension PendingRequest {
  convenience init(number: Int) {
    self.init()
    // The dispatcher does not look at it.
    dispatches = number
  }

  var number: Int { dispatches }
}

extension RegisteredWorker {
  convenience init(number: Int) {
    self.init(identity: Array("\(number)".utf8), number: number, address: nil, key: nil)
  }

  var number: Int { Int(String(decoding: identity, as: UTF8.self)) ?? -1 }
}
