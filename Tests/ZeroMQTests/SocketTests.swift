import Foundation
import Testing

@testable import ZeroMQ

@Suite struct SocketTests {
  @Test(arguments: ["inproc://pair", "tcp://127.0.0.1:*", uniqueIPCEndpoint()])
  func requestAndReply(over endpoint: String) throws {
    let context = try Context()
    let server = try open(.rep, in: context)
    let client = try open(.req, in: context)
    try client.connect(try server.bind(endpoint))
    try client.send(text: "question")
    #expect(try server.receiveText() == "question")
    try server.send(text: "answer")
    #expect(try client.receiveText() == "answer")
  }

  @Test func bindTellsThePort() throws {
    let context = try Context()
    let socket = try open(.rep, in: context)
    let endpoint = try socket.bind("tcp://127.0.0.1:*")
    let port = try #require(endpoint.split(separator: ":").last.flatMap { Int($0) })
    #expect(port > 0)
    #expect(try socket.lastEndpoint == endpoint)
    try socket.unbind(endpoint)
    let other = try open(.rep, in: context)
    #expect(eventually { (try? other.bind(endpoint)) == endpoint })
  }

  @Test func tenThousandRoundTrips() throws {
    let context = try Context()
    let server = try open(.rep, in: context)
    let endpoint = try server.bind("inproc://echo")
    let client = Background {
      let client = try open(.req, in: context)
      try client.connect(endpoint)
      var reply = Message()
      var wrong = 0
      for round in 0..<10_000 {
        // Sizes on both sides of the 33 bytes that a message holds inside itself.
        let bytes = [UInt8](repeating: UInt8(truncatingIfNeeded: round), count: round % 70)
        try client.send(bytes)
        try client.receive(into: &reply)
        if reply.bytes != bytes { wrong += 1 }
      }
      return wrong
    }
    var request = Message()
    for _ in 0..<10_000 {
      try server.receive(into: &request)
      try server.send(request.duplicate())
    }
    #expect(try client.value() == 0)
  }

  @Test func receiveIfReadyDoesNotWait() throws {
    let context = try Context()
    let left = try open(.pair, in: context)
    let right = try open(.pair, in: context)
    try right.connect(try left.bind("inproc://now"))
    let nothing = try left.receiveIfReady()?.text
    #expect(nothing == nil)
    try right.send(text: "something")
    let something = try left.receiveIfReady()?.text
    #expect(something == "something")
  }

  @Test func sendIfReadyKeepsWhatItCannotSend() throws {
    let context = try Context()
    let socket = try open(.push, in: context)
    var message = try Message([1, 2, 3])
    let sent = try socket.sendIfReady(&message)
    #expect(!sent)
    let kept = message.bytes
    #expect(kept == [1, 2, 3])
  }

  @Test(arguments: [0, 1, 5, 300])
  func discardRemainingParts(count: Int) throws {
    let context = try Context()
    let server = try open(.rep, in: context)
    let client = try open(.req, in: context)
    try client.connect(try server.bind("inproc://parts"))
    try client.send(text: "head", more: count > 0)
    for part in 0..<count { try client.send(text: "part", more: part < count - 1) }
    let head = try server.receive()
    let more = head.hasMore
    #expect(more == (count > 0))
    #expect(try server.hasMoreParts == (count > 0))
    #expect(try server.discardRemainingParts() == count)
    #expect(try server.discardRemainingParts() == 0)
    try server.send(text: "done")
    #expect(try client.receiveText() == "done")
  }

  @Test func aSocketMovesToAnotherThread() throws {
    let context = try Context()
    let left = try open(.pair, in: context)
    let endpoint = try left.bind("inproc://move")
    let box = Box(try open(.pair, in: context))
    let thread = Background {
      guard let right = box.take() else { return }
      try right.connect(endpoint)
      try right.send(text: "from the thread")
    }
    #expect(try left.receiveText() == "from the thread")
    try thread.value()
  }

  @Test func subscriptions() throws {
    let context = try Context()
    let publisher = try open(.xpub, in: context)
    let subscriber = try open(.sub, in: context)
    try subscriber.connect(try publisher.bind("inproc://news"))
    try subscriber.subscribe(to: Array("a".utf8))
    #expect(try publisher.receive().bytes == [1] + Array("a".utf8))
    try publisher.send(text: "bad")
    try publisher.send(text: "apt")
    #expect(try subscriber.receiveText() == "apt")
    try subscriber.unsubscribe(from: Array("a".utf8))
    #expect(try publisher.receive().bytes == [0] + Array("a".utf8))
  }
}
