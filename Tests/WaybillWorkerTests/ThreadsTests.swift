import ImageAPI
import ImageRegistry
import MessagePack
import ServiceTesting
import Testing
import WaybillClient
import ZeroMQ

@testable import WaybillWorker

/// Several threads of one worker behind the same endpoints.
@Suite struct ThreadsTests {
  @Test("Every request is answered once, to who asked, however many come at once", arguments: [2, 5])
  func answers(threads: Int) async throws {
    let registry = registry(of: ["a", "b"])
    let endpoints: [WorkerConfiguration.Endpoint] = [.bind(uniqueIPCEndpoint()), .bind("tcp://127.0.0.1:*")]
    try await withWorker(registry, at: endpoints, threads: threads) { endpoints in
      let etag = registry.snapshot.etag
      let count = 500
      for endpoint in endpoints {
        let dealer = try Socket(.dealer, in: Context())
        try dealer.set(.linger, to: .zero)
        try dealer.set(.receiveTimeout, to: .seconds(20))
        try dealer.connect(endpoint)
        for number in 0..<count {
          let request = packed { packer in
            packer.packArrayHeader(4)
            packer.pack(0)
            packer.pack(number)
            packer.pack("ListImages")
            packer.packArrayHeader(0)
          }
          try dealer.send([], more: true)
          try dealer.send(request)
        }
        var missing = Set(
          (0..<count).map { number in
            packed { packer in
              packer.packArrayHeader(4)
              packer.pack(1)
              packer.pack(number)
              packer.packNil()
            } + listReply(["a", "b"], etag: etag)
          })
        for _ in 0..<count {
          let reply = try dealer.receiveMultipart(maxParts: 2, maxBytes: 1 << 16)
          let bytes = reply.withFrame(1) { Array($0) }
          #expect(missing.remove(bytes) != nil)
        }
        #expect(missing.isEmpty)
      }
      let requester = try openRequester(endpoints[0])
      for _ in 0..<2_000 { try requester.send([0x80], more: true) }
      try requester.send([0x80])
      let answer = try requester.receive().bytes
      #expect(answer == errorReply(.invalidArgument, "a request is one message part, got 2001"))
      let counts = try Client(endpoints: endpoints, timeout: .seconds(10)).status().requests
      #expect(counts.answered == UInt64(count * endpoints.count) + 1 && counts.errors == 1)
    }
  }

  @Test("An endpoint that cannot be had ends all threads", .timeLimit(.minutes(1)))
  func badEndpoint() async throws {
    let worker = Worker(
      WorkerConfiguration(endpoints: [.bind("tcp://127.0.0.1:99999")], threads: 4), registry: registry(of: []),
      logger: LogRecorder().logger)
    await #expect(throws: ZeroMQError.self) { try await worker.run() }
  }
}
