import Foundation
import Testing

@testable import ZeroMQ

@Suite struct PollerTests {
  @Test func findsTheSocketThatIsReady() throws {
    let context = try Context()
    let (first, second) = ("inproc://first", "inproc://second")
    let left = try open(.pull, in: context)
    let right = try open(.pull, in: context)
    try left.bind(first)
    try right.bind(second)
    let sender = try open(.push, in: context)
    try sender.connect(second)

    var poller = Poller()
    poller.add(left)
    let index = poller.add(right)
    let none = try poller.wait(timeout: .zero)
    #expect(none == 0)
    try sender.send(text: "to the second")
    let found = try poller.wait(timeout: .seconds(10))
    let (events, others) = (poller[index], poller[0])
    #expect(found == 1)
    #expect(events == .readable)
    #expect(others == [])
    #expect(try right.events == .readable)

    poller.setInterest([], at: index)
    let ignored = try poller.wait(timeout: .zero)
    #expect(ignored == 0)
    poller.removeAll()
    let empty = try poller.wait(timeout: .milliseconds(1))
    #expect(empty == 0)
  }

  @Test(arguments: [Duration.milliseconds(30), .microseconds(1500), .seconds(-1)])
  func waitsForAtLeastTheTimeout(_ timeout: Duration) throws {
    let context = try Context()
    let socket = try open(.pull, in: context)
    var poller = Poller()
    poller.add(socket, for: [.readable, .writable])
    let start = ContinuousClock.now
    let found = try poller.wait(timeout: timeout)
    #expect(found == 0)
    // Without its sub-millisecond part, which zmq_poll's own clock may cut.
    #expect(ContinuousClock.now - start >= timeout - .milliseconds(1))
  }

  @Test func keepsASocketOpen() throws {
    let context = try Context()
    var poller = Poller()
    do {
      let socket = try open(.push, in: context)
      try socket.bind("inproc://kept")
      poller.add(socket, for: .writable)
    }
    let receiver = try open(.pull, in: context)
    try receiver.connect("inproc://kept")
    let found = try poller.wait(timeout: .seconds(10))
    #expect(found == 1)
  }

  @Test func neverWaitsForNothing() throws {
    var code: ZeroMQError.Code?
    var poller = Poller()
    do throws(ZeroMQError) { try poller.wait(timeout: nil) } catch { code = error.code }
    #expect(code == .invalidArgument)
  }

  @Test(arguments: [
    (Duration.zero, Int64(0)), (.nanoseconds(1), 1), (.milliseconds(1), 1), (.microseconds(1001), 2),
    (.seconds(-2), -2000), (.seconds(Int64.max), .max), (.seconds(Int64.min + 1), .min),
  ])
  func millisecondsAreRoundedUp(_ duration: Duration, to milliseconds: Int64) {
    #expect(duration.wholeMilliseconds == milliseconds)
  }
}
