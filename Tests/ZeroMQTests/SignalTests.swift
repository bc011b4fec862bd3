import Foundation
import Synchronization
import Testing

@testable import ZeroMQ

/// A signal breaks libzmq's blocking calls off with EINTR; nobody who calls them here should see that.
@Suite struct SignalTests {
  enum Call: CaseIterable { case receive, poll }

  final class Waiter: Sendable {
    let thread = Mutex<pthread_t?>(nil)
  }

  @Test(arguments: Call.allCases)
  func aSignalDoesNotEndTheWait(in call: Call) throws {
    signal(SIGUSR1) { _ in }
    let context = try Context()
    let left = try open(.pair, in: context)
    let endpoint = try left.bind("inproc://signals")
    let waiter = Waiter()
    let thread = Background {
      let right = try open(.pair, in: context)
      try right.connect(endpoint)
      waiter.thread.withLock { $0 = pthread_self() }
      if call == .receive { return try right.receiveText() }
      var poller = Poller()
      poller.add(right)
      try poller.wait(timeout: .seconds(10))
      return try right.receiveIfReady()?.text ?? "the wait ended"
    }
    #expect(eventually { waiter.thread.withLock { $0 } != nil })
    for _ in 0..<20 {
      Thread.sleep(forTimeInterval: 0.002)
      waiter.thread.withLock { if let thread = $0 { _ = pthread_kill(thread, SIGUSR1) } }
    }
    try left.send(text: "at last")
    #expect(try thread.value() == "at last")
  }
}
