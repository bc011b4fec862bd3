import ImageAPI
import ImageRegistry
import ImageWire
import Logging
import MessagePack
import ServiceLifecycle
import ServiceTesting
import Synchronization
import Testing
import WaybillClient
import WaybillServer
import WaybillWorker
import ZeroMQ

@Suite struct WorkerTests {
  @Test("A worker answers over each transport, and over several at once")
  func transports() async throws {
    let registry = registry(of: ["busybox", "alpine"])
    try await withWorker(registry, at: [.bind(uniqueIPCEndpoint()), .bind("tcp://127.0.0.1:*")]) { endpoints in
      #expect(endpoints.count == 2)
      for endpoint in endpoints {
        let client = Client(endpoints: [endpoint], timeout: .seconds(10))
        #expect(try client.listImages().names == ["busybox", "alpine"])
        #expect(try client.listImages(ListImagesRequest(image: "docker.io/library/alpine")).names == ["alpine"])
        #expect(
          try client.listImages(ListImagesRequest(ifNoneMatch: registry.snapshot.etag))
            == .notModified(etag: registry.snapshot.etag))
        let status = try client.status()
        #expect(status.isReady && status.images == 2 && status.version == version)
        #expect(status.sources.map(\.name) == ["oci:/srv"])
      }
    }
  }

  @Test("A worker that is told to stop before it listens leaves")
  func stoppedAtOnce() async throws {
    for _ in 0..<20 {
      let worker = Worker(
        WorkerConfiguration(endpoints: [.bind(uniqueIPCEndpoint())]), registry: registry(of: []),
        logger: Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() })
      let running = Task { try await worker.run() }
      running.cancel()
      try await running.value
    }
  }

  @Test("A message beyond the transport's limit ends one connection, and nobody else's")
  func oversized() async throws {
    try await withWorker(registry(of: ["a"]), at: [.bind("tcp://127.0.0.1:*")]) { endpoints in
      let socket = try openRequester(endpoints[0], timeout: .milliseconds(200))
      try socket.send([UInt8](repeating: 0, count: 1 << 20 + 1))
      #expect(throws: ZeroMQError.self) { _ = try socket.receive().bytes }
      #expect(try Client(endpoints: endpoints, timeout: .seconds(10)).listImages().names == ["a"])
    }
  }

  @Test("A client that leaves pages unread uses up no more memory than is allowed", arguments: [1, 2])
  func unread(threads: Int) async throws {
    let registry = registry(of: [])
    let large = (0..<4).map { Image(id: Digest($0), repoTags: [String(repeating: "x", count: 1_000_000) + "\($0)"]) }
    registry.replaceContents(ofSource: 0, with: large + [Image(id: Digest(4), repoTags: ["small"])])
    try await withWorker(
      registry, at: [.bind(uniqueIPCEndpoint())], threads: threads, maxOutstandingBytes: 16 << 20
    ) { endpoints in
      let client = Client(endpoints: endpoints, timeout: .seconds(10), attempts: 1)
      let page = ListImagesRequest(limit: 4)
      do {
        let deaf = try Socket(.dealer, in: Context())
        try deaf.set(.receiveHighWaterMark, to: 1)
        try deaf.set(.linger, to: .zero)
        try deaf.connect(endpoints[0])
        let isRefused = try eventually {
          // Again and again, as its side of the connection takes some of what was counted as unread.
          for _ in 0..<12 {
            try deaf.send([], more: true)
            try deaf.send(packed { $0.pack(page) })
          }
          do throws(ClientError) { _ = try client.listImages(page) } catch {
            if let reply = error.reply { return reply.code == .resourceExhausted }
          }
          return false
        }
        #expect(isRefused)
        // What takes little memory, and what takes it once for all, is served.
        #expect(try client.listImages(ListImagesRequest(image: "small")).names == ["small"])
        #expect(try client.listImages().names.count == 5)
      }
      let isServed = eventually { (try? client.listImages(page).names.count) == 4 }
      #expect(isServed)
    }
  }

  @Test("A reply of many megabytes comes whole, to several clients at once, while the registry changes")
  func largeReplies() async throws {
    let registry = registry(of: [])
    let large = (0..<20).map { number in
      Image(id: Digest(number), repoTags: [String(repeating: "x", count: 100_000) + "\(number)"])
    }
    registry.replaceContents(ofSource: 0, with: large)
    try await withWorker(registry, at: [.bind(uniqueIPCEndpoint())]) { endpoints in
      let lists = [large, Array(large.prefix(10))]
      let replies = try lists.map { list in
        registry.replaceContents(ofSource: 0, with: list)
        return try registry.snapshot.select(ListImagesRequest()).reply(in: .plain).withBytes { Array($0) }
      }
      let socket = try openRequester(endpoints[0])
      let other = try openRequester(endpoints[0])
      for round in 0..<4 {
        try socket.send([0x80])
        try other.send([0x80])
        registry.replaceContents(ofSource: 0, with: lists[round % 2])
        let answers = [try other.receive().bytes, try socket.receive().bytes]
        #expect(answers.allSatisfy(replies.contains))
      }
    }
  }

  @Test("A client that comes too early gets its list once the sources were read")
  func unavailable() async throws {
    let registry = ImageRegistry(sources: ["oci:/a"])
    try await withWorker(registry, at: [.bind(uniqueIPCEndpoint())]) { (endpoints) throws in
      let once = Client(endpoints: endpoints, timeout: .seconds(10), attempts: 1)
      let error = APIError(.unavailable, "not read yet: oci:/a; there is no list until then")
      #expect(throws: ClientError.refused(error)) { try once.listImages() }
      #expect(try once.status().isReady == false)
      registry.replaceContents(ofSource: 0, with: images(["a"]))
      #expect(try once.listImages().names == ["a"])
      #expect(try once.status().isReady)
    }
  }

  @Test("Behind a plain proxy, workers share the clients")
  func behindAProxy() async throws {
    let context = try Context()
    let (front, back) = (uniqueIPCEndpoint(), uniqueIPCEndpoint())
    let control = try Socket(.pair, in: context)
    try control.bind("inproc://control")
    async let proxy: Void = blocking {
      let frontend = try Socket(.router, in: context)
      let backend = try Socket(.dealer, in: context)
      let control = try Socket(.pair, in: context)
      try frontend.set(.linger, to: .zero)
      try backend.set(.linger, to: .zero)
      try frontend.bind(front)
      try backend.bind(back)
      try control.connect("inproc://control")
      try Proxy.run(frontend: frontend, backend: backend, control: control)
    }
    let registry = registry(of: ["a"])
    let asking = await Task {
      try await withWorker(registry, at: [.connect(back)]) { (_) throws in
        let client = Client(endpoints: [front], timeout: .seconds(10))
        for _ in 0..<20 { #expect(try client.listImages().names == ["a"]) }
      }
    }.result
    // A test that fails must not leave the proxy to run for ever.
    try control.send(.terminate)
    try await proxy
    try asking.get()
  }

  @Test("An endpoint that another has ends the worker with an error that names it")
  func addressInUse() async throws {
    let registry = registry(of: [])
    let holder = try Socket(.rep, in: Context())
    let taken = try holder.bind("tcp://127.0.0.1:*")
    let configuration = WorkerConfiguration(endpoints: [.bind(uniqueIPCEndpoint()), .bind(taken)])
    let worker = Worker(configuration, registry: registry, logger: LogRecorder().logger)
    let error = await #expect(throws: ZeroMQError.self) { try await worker.run() }
    #expect(error?.code == .addressInUse)
    #expect(error?.description == "cannot bind \(taken): Address already in use")
  }

  @Test("A worker that is shut down lets go of its endpoint, and its successor serves there")
  func succession() async throws {
    let endpoint = uniqueIPCEndpoint()
    for name in ["first", "second", "third"] {
      let names = try await withWorker(registry(of: [name]), at: [.bind(endpoint)]) { _ in
        try Client(endpoints: [endpoint], timeout: .seconds(10)).listImages().names
      }
      #expect(names == [name])
    }
  }

  @Test("A worker stops while it is asked without pause, and leaves no question that came half answered")
  func stoppingUnderLoad() async throws {
    let endpoint = uniqueIPCEndpoint()
    let registry = registry(of: ["a"])
    let good = listReply(["a"], etag: registry.snapshot.etag)
    let log = LogRecorder()
    let worker = Worker(WorkerConfiguration(endpoints: [.bind(endpoint)]), registry: registry, logger: log.logger)
    let group = ServiceGroup(services: [worker], logger: Logger(label: "silent") { _ in SwiftLogNoOpLogHandler() })
    async let running: Void = group.run()
    let isShuttingDown = Flag()
    async let answered: Int = blocking {
      let socket = try openRequester(endpoint)
      var answered = 0
      while true {
        // Once it is to stop, the worker may be gone.
        if answered == 50 { try socket.set(.receiveTimeout, to: .milliseconds(300)) }
        try socket.send([0x80])
        guard let reply = try? socket.receive().bytes else { return answered }
        guard reply == good else { return -1 }
        answered += 1
        if answered == 50 { isShuttingDown.raise() }
      }
    }
    try await blocking { _ = eventually { isShuttingDown.isRaised } }
    await group.triggerGracefulShutdown()
    try await running
    #expect(try await answered >= 50)
    #expect(log.entries.last?.message == "stopped")
  }

  @Test("A worker whose task is cancelled stops too", .timeLimit(.minutes(1)))
  func cancellation() async throws {
    let log = LogRecorder()
    let worker = Worker(
      WorkerConfiguration(endpoints: [.bind(uniqueIPCEndpoint())]), registry: registry(of: []), logger: log.logger)
    let task = Task { try await worker.run() }
    let isUp = try await blocking { eventually { !log.entries.isEmpty } }
    #expect(isUp)
    task.cancel()
    try await task.value
    #expect(log.entries.map(\.message) == ["listening", "stopped"])
    // Cancelled before it began.
    let early = Task { try await worker.run() }
    early.cancel()
    try await early.value
  }
}

private final class Flag: Sendable {
  private let value = Atomic(false)

  var isRaised: Bool { value.load(ordering: .relaxed) }

  func raise() { value.store(true, ordering: .relaxed) }
}
