import Foundation
import Testing

/// A worker that answers CRI, asked by grpcio as crictl asks.
@Suite(.fewAtOnce) struct CRIFaceTests {
  private let sample = "oci:\(Repository.sampleLayout)"
  private let folder: TemporaryFolder
  private var socket: String { "\(folder.path)/cri.sock" }
  private var arguments: [String] { ["--bind", "tcp://127.0.0.1:*", "--cri", "unix://\(socket)"] }

  init() throws {
    folder = try TemporaryFolder()
  }

  /// A list over CRI has the ids that one over ZeroMQ has, and an error the same text.
  @Test func eachFilterGivesWhatZeroMQGives() async throws {
    let names = [
      "", "busybox", "library/busybox", "docker.io/library/busybox:latest", "busybox:1.36", "example.org/demo/web",
      "example.org/demo/multi:1.0",
      "example.org/demo/multi@sha256:438dc1cf255e92acde1772af267e43ae007f855f6849e33dbce2a0fc0c83015b",
      "sha256:412f9136098a9441187322e4e45fa549b81f859c1f5ff5cb7960e8a195cc2a70",
      "412f9136098a9441187322e4e45fa549b81f859c1f5ff5cb7960e8a195cc2a70", "412f", "fff", "nothing/there", "Foo:1",
      "a//b",
      ":tag", "repo@sha256:abc",
    ]
    try await withWorker(serving: sample, at: arguments) { (worker) async throws in
      for method in ["ListImages", "StreamImages"] {
        let calls = try await CRICall.make(names.map { "\(method)=\($0)" }, at: socket)
        for (name, call) in zip(names, calls) {
          let result = try await Waybill.run(
            ["images", "-q", "--endpoint", worker.endpoint] + (name.isEmpty ? [] : [name]))
          if result.exitCode == 0 {
            #expect(call.ids == result.output.split(separator: "\n").map(String.init), "\(name): \(call)")
          } else {
            #expect(call.code == "INVALID_ARGUMENT", "\(name): \(call)")
            #expect(result.errors == "waybill: INVALID_ARGUMENT: \(call.message ?? "")\n", "\(name)")
          }
        }
      }
      // Every field, too, and the etag.
      let call = try #require(try await CRICall.make(["ListImages"], at: socket).first)
      let text = try await worker.images("-o", "json")
      #expect(try call.reply?.images == JSONDecoder().decode(ListedImages.self, from: Data(text.utf8)).images)
      #expect(try await call.trailers?["waybill-etag"] == worker.status().etag)
    }
  }

  @Test func whatCrictlCalls() async throws {
    let crictl = [try Python.interpreter(), Repository.script("crictl.py"), "--image-endpoint", "unix://\(socket)"]
    try await withWorker(serving: sample, at: arguments) { (worker) async throws in
      func output(_ command: String...) async throws -> String {
        let result = try await Tool.finish(crictl + command)
        #expect(result.exitCode == 0, "\(result)")
        return result.output
      }
      #expect(try await output("images").split(separator: "\n").count == 8)
      #expect(try await output("images", "busybox").hasSuffix("docker.io/library/busybox latest 5b9dee95d31ec 553\n"))
      #expect(try await output("inspecti", "5b9dee95d31ec").contains("docker.io/library/busybox:latest"))
      #expect(try await output("inspecti", "busybox").contains(Repository.sampleLayout))
      #expect(try await output("version") == "waybill \(worker.status().version)\n")
      #expect(try await output("info") == "{\"RuntimeReady\": true, \"NetworkReady\": false}\n")
      #expect(try await output("imagefsinfo") == "\(Repository.sampleLayout) 3393\n")
      for (command, complaint) in [
        (["inspecti", "nothing"], "no such image \"nothing\" present"), (["images", "Foo:1"], "INVALID_ARGUMENT"),
        (["rmi", "busybox"], "UNIMPLEMENTED: RemoveImage is the runtime's"),
      ] {
        let result = try await Tool.finish(crictl + command)
        #expect(result.exitCode == 1 && result.errors.contains(complaint), "\(result)")
      }
      let calls = try await CRICall.make(["PullImage=busybox", "ListContainers", "ImageStatus"], at: socket)
      #expect(calls.map(\.code) == ["UNIMPLEMENTED", "UNIMPLEMENTED", "INVALID_ARGUMENT"])
    }
  }

  @Test func embeddedImagesAreFoundAndHaveNoDigest() async throws {
    let script = Repository.script("embedded_store.py")
    let made = try await Tool.finish([Python.interpreter(), script, "\(folder.path)/embedded"])
    try #require(made.exitCode == 0, "\(made.errors)")
    try await withWorker(serving: "embedded:\(folder.path)/embedded", at: arguments) { (worker) async throws in
      let id = try #require(try await worker.ids().first)
      let calls = try await CRICall.make(
        [
          "ListImages", "ListImages=test:v1", "ListImages=\(id)", "ImageStatus=test:v1",
          "ImageStatus=\(id.dropFirst(7).prefix(9))",
        ],
        at: socket)
      for call in calls {
        let image = try #require(call.reply?.image ?? call.reply?.images?.first, "\(call)")
        #expect(image.id == id && image.repoTags == ["test:v1"] && image.repoDigests.isEmpty)
      }
    }
  }

  @Test func aListThatIsNotThereOrNotWholeIsTold() async throws {
    let late = "\(folder.path)/late"
    let worker = try await RunningWorker.start(serving: ["oci:\(late)"], at: arguments, isReadable: false)
    defer { worker.process.send(SIGKILL) }
    let calls = ["ListImages", "StreamImages", "ImageStatus=busybox", "ImageFsInfo"]
    for call in try await CRICall.make(calls, at: socket) {
      #expect(call.code == "UNAVAILABLE" && call.message?.contains(late) ?? false, "\(call)")
    }
    let status = try await CRICall.make(["Status"], at: socket).first?.reply?.status
    #expect(status?.conditions.first { $0.type == "RuntimeReady" }?.status == false)
    try FileManager.default.copyItem(atPath: Repository.sampleLayout, toPath: late)
    #expect(try await eventually { try await CRICall.make(["ListImages"], at: socket).first?.ids?.count == 6 })
    try FileManager.default.removeItem(atPath: "\(late)/index.json")
    #expect(
      try await eventually {
        let call = try await CRICall.make(["ListImages"], at: socket).first
        return call?.ids?.count == 6 && call?.trailers?["waybill-stale"] == "1"
      })
  }

  @Test func theSocketIsForOwnerAndGroupAndGoesWithTheWorker() async throws {
    try await withWorker(serving: sample, at: arguments) { (worker) async throws in
      var status = stat()
      #expect(stat(socket, &status) == 0 && status.st_mode & 0o7777 == 0o660)
      let second = try await Waybill.run(["worker", sample, "--bind", "tcp://127.0.0.1:*", "--cri", "unix://\(socket)"])
      #expect(second.exitCode == 71 && second.errors.contains("another process listens there"), "\(second)")
      worker.process.send(SIGTERM)
      #expect(try await worker.process.exitCode(within: .seconds(5)) == 0)
      #expect(!FileManager.default.fileExists(atPath: socket))
    }
    // One that was left behind is replaced.
    try await withWorker(serving: sample, at: arguments) { (worker) async throws in
      worker.process.send(SIGKILL)
      _ = try await worker.process.exitCode()
    }
    #expect(FileManager.default.fileExists(atPath: socket))
    try await withWorker(serving: sample, at: arguments) { (_) async throws in
      #expect(try await CRICall.make(["ListImages"], at: socket).first?.ids?.count == 6)
    }
  }

  @Test(
    arguments: [
      ("unix:///no/such/folder/cri.sock", 66), ("unix://\(Repository.root)/README.md", 73),
      ("unix:///tmp/" + String(repeating: "x", count: 102), 64), ("tcp://127.0.0.1:1", 64), ("unix://cri.sock", 64),
      ("unix:///", 64), ("/run/cri.sock", 64),
    ] as [(String, CInt)]) func whereNobodyCanListen(_ place: String, _ code: CInt) async throws
  {
    let result = try await Waybill.run(["worker", sample, "--bind", "tcp://127.0.0.1:*", "--cri", place])
    #expect(result.exitCode == code && result.errors.contains(place), "\(result)")
  }

  /// Clients that open a thousand calls, send what is none, or never read.
  @Test func hostileClientsHarmNobody() async throws {
    let layout = try await LargeStore(images: 2_000)
    let worker = try await RunningWorker.start(
      serving: ["oci:\(layout.path)"], at: arguments + ["--max-memory", "256MiB"])
    defer { worker.process.send(SIGKILL) }
    let expected = try await worker.ids()
    for kind in ["timeout", "streams", "large", "garbage", "http1", "deaf", "crowd"] {
      let client = try Python.start("cri_hostile.py", [socket, kind])
      defer { client.send(SIGKILL) }
      #expect(try await eventually { client.output.text.contains("done") || client.hasEnded }, "\(kind)")
      #expect(client.output.text.contains("done"), "\(kind): \(client.errors.text)")
      let memory = try worker.process.residentMemory()
      #expect(memory < 256 << 10, "\(kind): \(memory) kB")
      #expect(try await worker.ids() == expected, "\(kind)")
      guard kind != "crowd" else { continue }
      // While others leave all that they may unread, a whole list may be refused; a small reply may not.
      let calls = try await CRICall.make(["ListImages=nothing", "ListImages"], at: socket)
      #expect(calls[0].ids == [], "\(kind): \(calls[0])")
      #expect(
        calls[1].ids == expected || kind == "deaf" && calls[1].code == "RESOURCE_EXHAUSTED", "\(kind): \(calls[1])")
    }
    worker.process.send(SIGTERM)
    #expect(try await worker.process.exitCode(within: .seconds(5)) == 0)
  }

  /// However a connection ends, it leaves nothing behind: what is left adds up, and what many at once need does not.
  @Test func brokenConnectionsAreForgotten() async throws {
    let worker = try await RunningWorker.start(serving: [sample], at: arguments)
    defer { worker.process.send(SIGKILL) }
    func memoryAfterTwoThousand() async throws -> Int {
      let client = try Python.start("cri_hostile.py", [socket, "broken"])
      defer { client.send(SIGKILL) }
      #expect(try await eventually(within: .seconds(60)) { client.output.text.contains("done") || client.hasEnded })
      #expect(client.output.text.contains("done"), "\(client.errors.text)")
      return try worker.process.residentMemory()
    }
    var measured = [try await memoryAfterTwoThousand()]
    var grew = true
    while grew, measured.count < 8 {
      let now = try await memoryAfterTwoThousand()
      grew = measured.allSatisfy { now > $0 + 1 << 10 }
      measured.append(now)
    }
    #expect(!grew, "kB after each two thousand: \(measured)")
    #expect(try await CRICall.make(["ListImages"], at: socket)[0].ids == worker.ids())
  }
}
