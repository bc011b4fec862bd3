import Concurrency
import Dispatch
import ImageAPI
import ImageWire
import ServiceTesting
import Testing
import WaybillClient
import WaybillWorker

@Suite struct ClientTests {
  private static let list = FakeWorker.Answer.now([listReply(["right"])])

  @Test("Nobody there: as many attempts as are allowed, each as long as is allowed")
  func nobody() async throws {
    let endpoints = ["tcp://127.0.0.1:2", "tcp://127.0.0.1:1"]
    let client = Client(endpoints: endpoints, timeout: .milliseconds(40), attempts: 3)
    let start = ContinuousClock.now
    let error = try await blocking { #expect(throws: ClientError.self) { try client.listImages() } }
    let elapsed = ContinuousClock.now - start
    #expect(error == .noAnswer(endpoints: endpoints, attempts: 3, timeout: .milliseconds(40)))
    // Pauses of at least 50 and 100 ms between the three.
    #expect(elapsed >= .milliseconds(3 * 40 + 50 + 100))
    #expect(
      error?.description
        == "no answer from \(endpoints[0]), tcp://127.0.0.1:1 (3 attempts of 0.04 seconds): is a worker running there?")
  }

  @Test("A worker that does not answer at first is asked again, with the same words, on a fresh socket")
  func retries() async throws {
    try await blocking {
      try FakeWorker.run({ $0 == 0 ? .never : Self.list }) { (worker) throws in
        let client = Client(endpoints: [worker.endpoint], timeout: .milliseconds(300), attempts: 30)
        #expect(try client.listImages(ListImagesRequest(image: "a")).names == ["right"])
        let asked = packed { $0.pack(ListImagesRequest(image: "a")) }
        #expect(worker.requests.count >= 2)
        #expect(worker.requests.allSatisfy { $0 == asked })
      }
    }
  }

  @Test("An answer that comes late is never taken for the answer to another question")
  func lateAnswers() async throws {
    try await blocking {
      try FakeWorker.run({ $0 % 2 == 0 ? .late(listReply(["late"])) : Self.list }) { (worker) throws in
        let client = Client(endpoints: [worker.endpoint], timeout: .milliseconds(200), attempts: 30)
        for _ in 0..<3 { #expect(try client.listImages().names == ["right"]) }
        #expect(worker.requests.count >= 6)
      }
    }
  }

  @Test("Endpoints are tried in turn")
  func nextEndpoint() async throws {
    try await blocking {
      try FakeWorker.run({ _ in .now([errorReply(.unavailable, "not yet")]) }) { (unready) throws in
        try FakeWorker.run({ _ in Self.list }) { (ready) throws in
          let client = Client(endpoints: [unready.endpoint, ready.endpoint], timeout: .seconds(10))
          #expect(try client.listImages().names == ["right"])
          #expect(unready.requests.count == 1 && ready.requests.count == 1)
          let patient = Client(
            endpoints: [uniqueIPCEndpoint(), ready.endpoint], timeout: .milliseconds(200), attempts: 30)
          #expect(try patient.listImages().names == ["right"])
        }
      }
    }
  }

  @Test("When several endpoints fail, each of them is named with what it said last")
  func lastErrors() async throws {
    try await blocking {
      try FakeWorker.run({ .now([errorReply(.unavailable, "not yet, \($0)")]) }) { (unready) throws in
        let silent = uniqueIPCEndpoint()
        let client = Client(endpoints: [unready.endpoint, silent], timeout: .milliseconds(300), attempts: 3)
        let error = #expect(throws: ClientError.self) { try client.listImages() }
        #expect(
          error?.description
            == "no endpoint has an answer: \(unready.endpoint): UNAVAILABLE: not yet, 1; \(silent): No such file or directory"
        )
      }
    }
  }

  @Test(
    "What another attempt may get is asked for again, up to the last attempt",
    arguments: [StatusCode.unavailable, .deadlineExceeded, .resourceExhausted])
  func transient(code: StatusCode) async throws {
    try await blocking {
      let notYet = FakeWorker.Answer.now([errorReply(code, "not yet")])
      try FakeWorker.run({ $0 < 2 ? notYet : Self.list }) { (worker) throws in
        let client = Client(endpoints: [worker.endpoint], timeout: .seconds(10), attempts: 3)
        #expect(try client.listImages().names == ["right"])
        #expect(worker.requests.count == 3)
      }
      try FakeWorker.run({ _ in notYet }) { (worker) throws in
        let client = Client(endpoints: [worker.endpoint], timeout: .seconds(10), attempts: 2)
        #expect(throws: ClientError.refused(APIError(code, "not yet"))) { try client.listImages() }
        #expect(throws: ClientError.refused(APIError(code, "not yet"))) { try client.status() }
        #expect(worker.requests.count == 4)
      }
    }
  }

  @Test(
    "What will be wrong again is not asked again",
    arguments: [StatusCode.invalidArgument, .unimplemented, .internal])
  func refused(code: StatusCode) async throws {
    try await blocking {
      try FakeWorker.run({ _ in .now([errorReply(code, "no")]) }) { (worker) throws in
        let client = Client(endpoints: [worker.endpoint], timeout: .seconds(10), attempts: 3)
        #expect(throws: ClientError.refused(APIError(code, "no"))) { try client.listImages() }
        #expect(worker.requests.count == 1)
      }
    }
  }

  @Test(
    "A reply that makes no sense is an error that says so, at once",
    arguments: [
      [[]], [[0xc1]], [Array("HTTP/1.1 400 Bad Request".utf8)], [[0x80]], [[0x94, 1, 0, 0xc0, 0x80]],
      [listReply(["a"]).dropLast()], [listReply(["a"]) + [0]], [listReply(["a"]), [0x80]], [[], [], []],
      [[0xdd, 255, 255, 255, 255]], [[UInt8](repeating: 0x91, count: 1_000)],
    ] as [[[UInt8]]])
  func garbage(parts: [[UInt8]]) async throws {
    try await blocking {
      try FakeWorker.run({ _ in .now(parts) }) { (worker) throws in
        let client = Client(endpoints: [worker.endpoint], timeout: .seconds(10), attempts: 3)
        let error = #expect(throws: ClientError.self) { try client.listImages() }
        #expect(error?.code == .refused && error?.reply?.code == .internal)
        #expect(error?.reply?.message.hasPrefix("the reply is not waybill's: ") == true)
        #expect(worker.requests.count == 1)
      }
    }
  }

  @Test(
    "An endpoint that cannot be is an error at once",
    arguments: [
      "", "nonsense", "tcp://", "tcp://127.0.0.1", "tcp://127.0.0.1:", "tcp://127.0.0.1:99999", "http://127.0.0.1:1",
      "udp://127.0.0.1:1", "ipc://", "ipc://" + String(repeating: "x", count: 200), "tcp://127.0.0.1:1\0",
    ])
  func badEndpoint(endpoint: String) async throws {
    let client = Client(endpoints: [endpoint], timeout: .seconds(30))
    let error = try await blocking { #expect(throws: ClientError.self) { try client.listImages() } }
    #expect(error?.code == .badEndpoint)
    #expect(
      error?.description.hasPrefix("\"\(endpoint.prefix(12).prefix { $0 != "\0" })") == true,
      "\(error.debugDescription)")
  }

  @Test("Pages become one list")
  func paging() async throws {
    let names = (0..<25).map { "image-\($0)" }
    try await withWorker(registry(of: names), at: [.bind(uniqueIPCEndpoint())]) { (endpoints) throws in
      let client = Client(endpoints: endpoints, timeout: .seconds(10))
      for size in [1, 10, 24, 25, 26] { #expect(try client.listAllImages(pageSize: size).names == names) }
      #expect(try client.listAllImages(image: "image-7", pageSize: 1).names == ["image-7"])
      let etag = try client.status().etag
      #expect(try client.listAllImages(ifNoneMatch: etag) == .notModified(etag: etag))
    }
  }

  @Test("Pages of two states, or that lead nowhere, are no list: it is asked for whole")
  func brokenPages() async throws {
    func page(_ name: String, etag: String) -> FakeWorker.Answer {
      let bytes = packed { packer in
        packer.beginImageList(count: 1, isResumable: true)
        packer.pack(images([name])[0])
        packer.endImageList(etag: etag, resumption: images([name])[0].id)
      }
      return .now([bytes])
    }
    let scripts: [[FakeWorker.Answer]] = [
      [page("a", etag: "1"), .now([listReply(["b"], etag: "2")]), Self.list],
      [page("a", etag: "1"), page("a", etag: "1"), Self.list],
      [page("a", etag: "1"), .now([errorReply(.failedPrecondition, "changed")]), Self.list],
    ]
    for script in scripts {
      try await blocking {
        try FakeWorker.run({ $0 < script.count ? script[$0] : .never }) { (worker) throws in
          let client = Client(endpoints: [worker.endpoint], timeout: .seconds(10), attempts: 1)
          #expect(try client.listAllImages(pageSize: 1).names == ["right"])
          #expect(worker.requests.count == 3)
        }
      }
    }
  }

  @Test("A connection that worked is used for the next request, and requests at once have one each")
  func connections() async throws {
    try await blocking {
      try FakeWorker.run({ _ in Self.list }) { (worker) throws in
        let client = Client(endpoints: [worker.endpoint], timeout: .seconds(10))
        for _ in 0..<10 { #expect(try client.listImages().names == ["right"]) }
        #expect(worker.clients == 1)
      }
      try FakeWorker.run({ $0 < 8 ? .late(listReply(["late"])) : Self.list }) { (worker) throws in
        let client = Client(endpoints: [worker.endpoint], timeout: .seconds(10))
        let results = Lock<[[String]]>([])
        DispatchQueue.concurrentPerform(iterations: 4) { _ in
          for _ in 0..<5 {
            let names = (try? client.listImages().names) ?? []
            results.withLock { $0.append(names) }
          }
        }
        #expect(results.withLock { $0 }.allSatisfy { $0 == ["right"] || $0 == ["late"] })
        #expect((2...8).contains(worker.clients))
      }
    }
  }

  @Test("A task that is cancelled has its error at once, while it waits for an answer and between two attempts")
  func cancellation() async throws {
    let silent = Client(endpoints: [uniqueIPCEndpoint()], timeout: .seconds(60), attempts: 1)
    let task = Task { () async throws(ClientError) in try await silent.listImages() }
    try await Task.sleep(for: .milliseconds(300))
    let start = ContinuousClock.now
    task.cancel()
    let outcome = await task.result
    #expect(throws: ClientError.self) { try outcome.get() }
    if case .failure(let error) = outcome { #expect((error as? ClientError)?.code == .cancelled) }
    #expect(ContinuousClock.now - start < .seconds(2))
  }
}
