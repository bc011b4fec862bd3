import ImageAPI
import ImageRegistry
import ImageWire
import ServiceTesting
import Testing
import WaybillClient
import WaybillServer
import WaybillWorker
import ZeroMQ

@testable import WaybillBroker

@Suite struct BrokerTests {
  private static let rpc: [UInt8] = [0x94, 0, 7, 0xaa] + Array("ListImages".utf8) + [0x90]

  private static func error(_ error: DispatchError, _ envelope: Envelope = .plain) -> [UInt8] {
    packed { $0.pack(error.error, in: envelope) }
  }

  @Test("What client and worker say passes through, with any envelope, and comes back to who asked")
  func passing() async throws {
    try await withBroker { frontend, backend, log in
      let worker = try FakeMajordomoWorker(backend)
      try worker.join(log)
      let requester = try openRequester(frontend)
      let dealer = try Socket(.dealer, in: Context())
      try dealer.set(.receiveTimeout, to: .seconds(10))
      try dealer.connect(frontend)
      try requester.send([1, 2, 3])
      for part: [UInt8] in [[65], [66, 67], []] { try dealer.send(part, more: true) }
      try dealer.send([4, 5])
      for _ in 0..<2 {
        let (address, body) = try worker.takeRequest()
        #expect(body == [[1, 2, 3]] || body == [[4, 5]])
        try worker.answer(address, body[0] + [9])
      }
      let answer = try requester.receive().bytes
      #expect(answer == [1, 2, 3, 9])
      let parts = try dealer.receiveMultipart(maxParts: 4, maxBytes: 100)
      let enveloped = (0..<4).map { index in parts.withFrame(index) { Array($0) } }
      #expect(enveloped == [[65], [66, 67], [], [4, 5, 9]])
    }
  }

  @Test("A reply of many megabytes passes through whole")
  func largeReply() async throws {
    try await withBroker { frontend, backend, log in
      let worker = try FakeMajordomoWorker(backend)
      try worker.join(log)
      let requester = try openRequester(frontend)
      let large = (0..<5_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      for _ in 0..<3 {
        try requester.send([0x80])
        try worker.answer(try worker.takeRequest().address, large)
        let answer = try requester.receive().bytes
        #expect(answer == large)
      }
    }
  }

  @Test("A client that reads nothing uses up its share of large replies, and all who read nothing the memory for them")
  func unread() async throws {
    let large = [UInt8](repeating: 7, count: 4 << 20)
    try await withBroker(maxOutstandingBytes: 16 << 20) { frontend, backend, log in
      let worker = try FakeMajordomoWorker(backend, timeout: .milliseconds(500))
      try worker.join(log)
      let requester = try openRequester(frontend)
      func ask(_ answer: [UInt8]) throws -> [UInt8] {
        try requester.send([0x80])
        try worker.answer(try worker.takeRequest().address, answer)
        return try requester.receive().bytes
      }
      /// Asks until the broker twice gives the worker nothing to do, and tells how often it asked.
      func fill(_ deaf: borrowing Socket) throws -> Int {
        var (asked, refused) = (0, 0)
        while refused < 2, asked < 20 {
          let isSent = try deaf.sendIfReady(parts: [[], [0x80]])
          #expect(isSent)
          asked += 1
          do {
            try worker.answer(try worker.takeRequest().address, large)
            refused = 0
          } catch let error as ZeroMQError {
            guard error.code == .timedOut else { throw error }
            refused += 1
          }
        }
        return asked
      }
      let full = packed { $0.pack(OutstandingReplies.refusal, in: .plain) }
      func readAll(_ count: Int, from socket: borrowing Socket) throws {
        let shareUsed = Self.error(.unread)
        var answers: [[UInt8]] = []
        for _ in 0..<count {
          let parts = try socket.receiveMultipart(maxParts: 2, maxBytes: .max)
          answers.append(parts.withFrame(1) { Array($0) })
        }
        // How much of the shared memory is left when the share is not used up yet, the buffers of the system decide.
        #expect(answers.allSatisfy { $0 == large || $0 == shareUsed || $0 == full })
        #expect(answers.contains(large) && answers.last == shareUsed)
      }
      do {
        let first = try openDealer(frontend, receiveHighWaterMark: 1)
        let second = try openDealer(frontend, receiveHighWaterMark: 1)
        let askedByFirst = try fill(first)
        let beside = [try ask(large), try ask([1]), try ask(large)]
        #expect(beside == [large, [1], large])
        let askedBySecond = try fill(second)
        let last = [try ask(large), try ask([1]), try ask(large)]
        #expect(last == [full, [1], full])
        // What each of them has is read by and by: nothing was lost.
        try readAll(askedByFirst, from: first)
        try readAll(askedBySecond, from: second)
      }
      let isServed = try eventually { try ask(large) == large }
      #expect(isServed)
    }
  }

  @Test("Without a worker there is an error at once, in the form of the request")
  func noWorker() async throws {
    try await withBroker { frontend, _, _ in
      let requester = try openRequester(frontend)
      for (request, envelope): ([UInt8], Envelope) in [
        ([0x80], .plain), (Self.rpc, .rpc(messageID: 7)), ([0xc1], .plain), ([], .plain),
      ] {
        try requester.send(request)
        let answer = try requester.receive().bytes
        #expect(answer == Self.error(.noWorker, envelope))
      }
    }
  }

  @Test("A request that nobody answers in time, and one that finds no place to wait, get errors")
  func deadlineAndQueue() async throws {
    let limits = DispatchLimits(deadline: .milliseconds(600), retryAfter: .seconds(10), maxWaiting: 1)
    try await withBroker(limits) { frontend, backend, log in
      let worker = try FakeMajordomoWorker(backend)
      try worker.join(log)
      let first = try openRequester(frontend)
      try first.send(Self.rpc)
      _ = try worker.takeRequest()
      // Either may be the one that waits.
      let second = try openRequester(frontend)
      try second.send([0x80])
      let third = try openRequester(frontend)
      try third.send([0x80])
      let answers = [try second.receive().bytes, try third.receive().bytes]
      #expect(Set(answers) == [Self.error(.queueFull), Self.error(.deadline(limits.deadline))])
      let answer = try first.receive().bytes
      #expect(answer == Self.error(.deadline(limits.deadline), .rpc(messageID: 7)))
    }
  }

  @Test("A worker that hangs has its request answered by another, and is of use again when it comes back")
  func hanging() async throws {
    // Long enough for a busy machine: the workers here answer once, and not what is given to them as well.
    try await withBroker(DispatchLimits(retryAfter: .milliseconds(500))) { frontend, backend, log in
      let slow = try FakeMajordomoWorker(backend)
      try slow.join(log)
      let requester = try openRequester(frontend)
      try requester.send([1])
      let late = try slow.takeRequest()
      let quick = try FakeMajordomoWorker(backend)
      try quick.join(log)
      try quick.answer(try quick.takeRequest().address, [10])
      let first = try requester.receive().bytes
      #expect(first == [10])
      try slow.answer(late.address, [99])
      for number in [2, 3] as [UInt8] {
        let other = try openRequester(frontend)
        try requester.send([number])
        try other.send([number])
        try slow.answer(try slow.takeRequest().address, [number, 1])
        try quick.answer(try quick.takeRequest().address, [number, 1])
        let answers = [try requester.receive().bytes, try other.receive().bytes]
        #expect(answers == [[number, 1], [number, 1]])
      }
    }
  }

  @Test(
    "A worker whose connection ends, or that leaves, has its request answered by another", arguments: [true, false])
  func gone(isPolite: Bool) async throws {
    try await withBroker(DispatchLimits(retryAfter: .seconds(60))) { frontend, backend, log in
      let other = try FakeMajordomoWorker(backend)
      let requester = try openRequester(frontend)
      do {
        let victim = try FakeMajordomoWorker(backend)
        try victim.join(log)
        try requester.send([1])
        _ = try victim.takeRequest()
        try other.join(log)
        if isPolite { try victim.say(.disconnect) }
      }
      try other.answer(try other.takeRequest().address, [2])
      let answer = try requester.receive().bytes
      #expect(answer == [2])
      #expect(log.entries.contains { $0.message == (isPolite ? "worker left" : "worker lost") })
    }
  }

  @Test("A worker that speaks out of turn is sent away, and nobody else notices")
  func sentAway() async throws {
    let header = Majordomo.header
    let nonsense: [[[UInt8]]] = [
      [header, [5]], [header, [4], [1], [], [1]], [header, [4]],
      [header, [4], [UInt8](repeating: 0, count: 16), [], [1]],
      [header, [3], [1], [], [1]], [header, [2], [1], [], [1]], [header, [1]], [header, [1], Array("other".utf8)],
      [header, [1], Majordomo.service, []],
    ]
    try await withBroker { frontend, backend, log in
      let good = try FakeMajordomoWorker(backend)
      try good.join(log)
      for message in nonsense {
        let bad = try FakeMajordomoWorker(backend)
        try bad.say(message)
        let (command, parts) = try bad.next()
        #expect(command == .disconnect && parts.isEmpty, "\(message)")
      }
      let requester = try openRequester(frontend)
      try requester.send([1])
      try good.answer(try good.takeRequest().address, [2])
      let answer = try requester.receive().bytes
      #expect(answer == [2])
    }
  }

  @Test("What is not of the protocol is ignored, from workers and clients")
  func garbage() async throws {
    try await withBroker { frontend, backend, log in
      let worker = try FakeMajordomoWorker(backend)
      try worker.join(log)
      let dealer = try Socket(.dealer, in: Context())
      try dealer.set(.linger, to: .seconds(1))
      try dealer.set(.receiveTimeout, to: .seconds(10))
      try dealer.connect(frontend)
      let header = Majordomo.header
      for garbage: [[UInt8]] in [
        [[]], [[1]], [header], [[], header, [1], Majordomo.service], [header, []], [header, [0]], [header, [7]],
        [header, [1, 1]], [Array("MDPW01".utf8), [1], Majordomo.service], [[UInt8]](repeating: [], count: 500),
      ] {
        try worker.say(garbage)
      }
      // No empty part, or nothing behind it.
      try dealer.send([0x80])
      try dealer.send([])
      for _ in 0..<100 { try dealer.send([1], more: true) }
      try dealer.send([1])
      try dealer.send([], more: true)
      try dealer.send([0x80])
      try worker.answer(try worker.takeRequest().address, [2])
      let answer = try dealer.receiveMultipart(maxParts: 2, maxBytes: 10)
      let bytes = answer.withFrame(1) { Array($0) }
      #expect(bytes == [2])
    }
  }

  @Test("A message of very many parts, or longer than any request, gets an error from the broker itself")
  func oversized() async throws {
    try await withBroker { frontend, _, _ in
      let requester = try openRequester(frontend)
      for part in 1...200 { try requester.send([0x80], more: part < 200) }
      let answer = try requester.receive().bytes
      #expect(answer.starts(with: [0x81, 0xa5] + Array("error".utf8)))
      #expect(String(decoding: answer, as: UTF8.self).contains("INVALID_ARGUMENT"))
    }
  }

  @Test("A worker joins by each of its threads once its sources were read, answers, and leaves")
  func realWorker() async throws {
    let registry = ImageRegistry(sources: ["oci:/a"])
    try await withBroker { frontend, backend, log in
      func count(_ message: String) -> Int { log.entries.count { $0.message == message } }
      let own = LogRecorder()
      let worker = Worker(
        WorkerConfiguration(endpoints: [.broker(backend)], threads: 3), registry: registry, logger: own.logger)
      let running = Task { try await worker.run() }
      let isThere = eventually { own.entries.count { $0.message == "joining" } == 3 }
      #expect(isThere)
      let impatient = Client(endpoints: [frontend], timeout: .seconds(10), attempts: 1)
      #expect(throws: ClientError.refused(DispatchError.noWorker.error)) { try impatient.listImages() }
      registry.replaceContents(ofSource: 0, with: images(["a", "b"]))
      let hasJoined = eventually { count("worker joined") == 3 }
      #expect(hasJoined)
      for _ in 0..<100 {
        #expect(try impatient.listImages().names == ["a", "b"])
        #expect(try impatient.status().images == 2)
      }
      let requester = try openRequester(frontend)
      try requester.send([0x80], more: true)
      try requester.send([0x80])
      let answer = try requester.receive().bytes
      #expect(answer == errorReply(.invalidArgument, "a request is one message part, got 2"))
      running.cancel()
      let hasLeft = eventually { count("worker left") == 3 }
      #expect(hasLeft)
      #expect(throws: ClientError.refused(DispatchError.noWorker.error)) { try impatient.listImages() }
    }
  }
}
