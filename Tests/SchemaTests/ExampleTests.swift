import Testing

/// The examples in `Examples/` do what they say, against a worker.
@Suite(.timeLimit(.minutes(2))) struct ExampleTests {
  private let web = "sha256:1ee2f87aadee0fbbe0f502d61bce53d9e7925fc059323900296b1f7174f5eab9"
  private let busybox = "sha256:5b9dee95d31ec5d13ba6707b7ab6ffeeaca39368b17d854c72bf5ee09aa86408"
  private let untagged = "sha256:ad102917d8972380a72fcd2d8e45b940db9dcfb64fa60692f80f450a84661d5d"

  @Test func listImagesInC() async throws {
    let folder = try TestFolder()
    let program = try await ChildProcess.compile("Examples/list_images.c", linking: ["zmq", "msgpackc"], into: folder)
    let worker = try await LiveWorker()

    let everything = try ChildProcess(program, [worker.endpoint])
    #expect(try await everything.exitCode() == 0, "\(everything.errors)")
    let lines = everything.output.split(separator: "\n")
    #expect(lines.count == 6)
    #expect(lines.first == "\(web) 554 example.org/demo/web:1.0 example.org/demo/web:latest")
    #expect(lines.contains("\(untagged) 568"))

    let one = try ChildProcess(program, [worker.endpoint, "busybox"])
    #expect(try await one.exitCode() == 0, "\(one.errors)")
    #expect(one.output == "\(busybox) 553 docker.io/library/busybox:latest\n")

    let refused = try ChildProcess(program, [worker.endpoint, "Foo:1"])
    #expect(try await refused.exitCode() == 1)
    #expect(refused.output.isEmpty)
    #expect(refused.errors.hasPrefix("INVALID_ARGUMENT: \"Foo:1\" is not an image reference"))
  }

  @Test func listImagesInCWithoutAWorker() async throws {
    let folder = try TestFolder()
    let program = try await ChildProcess.compile("Examples/list_images.c", linking: ["zmq", "msgpackc"], into: folder)
    let endpoint = "ipc://\(folder.path)/nobody"
    let alone = try ChildProcess(program, [endpoint])
    #expect(try await alone.exitCode() == 1)
    #expect(alone.errors == "\(endpoint): no answer\n")
  }

  @Test func listImagesWithAsyncio() async throws {
    let worker = try await LiveWorker()
    let names = ["busybox", "example.org/no/such-image", "example.org/demo/web"]
    let client = try ChildProcess(python: "Examples/list_images_asyncio.py", [worker.endpoint] + names)
    #expect(try await client.exitCode() == 0, "\(client.errors)")
    #expect(
      client.output == """
        busybox: \(busybox) 553 docker.io/library/busybox:latest
        example.org/no/such-image: none
        example.org/demo/web: \(web) 554 example.org/demo/web:1.0 example.org/demo/web:latest

        """)

    let refused = try ChildProcess(python: "Examples/list_images_asyncio.py", [worker.endpoint, "Foo:1", "busybox"])
    #expect(try await refused.exitCode() == 1)
    #expect(refused.output == "busybox: \(busybox) 553 docker.io/library/busybox:latest\n")
    #expect(refused.errors.hasPrefix("Foo:1: INVALID_ARGUMENT: "))
  }

  @Test func listImagesWithAsyncioWithoutAWorker() async throws {
    let folder = try TestFolder()
    let endpoint = "ipc://\(folder.path)/nobody"
    let alone = try ChildProcess(python: "Examples/list_images_asyncio.py", [endpoint, "busybox"])
    #expect(try await alone.exitCode() == 1)
    #expect(alone.errors == "no answer from \(endpoint) within 5 seconds\n")
  }

  @Test func pollerPrintsChangesAndSurvivesARestart() async throws {
    let worker = try await LiveWorker()
    let poller = try ChildProcess(python: "Examples/poller.py", [worker.endpoint, "0.1"])
    let image = "sha256:412f9136098a9441187322e4e45fa549b81f859c1f5ff5cb7960e8a195cc2a70"
    try await poller.waitForOutput("+ \(untagged) <none>")
    try await poller.waitForOutput("+ \(image) example.org/demo/worker:2.3")

    try worker.rename("example.org/demo/worker:2.3", to: "example.org/demo/worker:2.4")
    try await poller.waitForOutput("~ \(image) example.org/demo/worker:2.4")

    try await worker.stop()
    try await poller.waitForErrors("no answer, asking again")
    try worker.rename("example.org/demo/worker:2.4", to: "example.org/demo/worker:2.5")
    try await worker.restart()
    try await poller.waitForOutput("~ \(image) example.org/demo/worker:2.5")

    // Nothing but what changed was printed.
    #expect(poller.output.split(separator: "\n").count == 8)
  }
}
