import Foundation
import Testing

/// Runtimes that answer as CRI-O and iSulad do, and runtimes that answer as none should.
@Suite(.fewAtOnce) struct RuntimeSourceTests {
  private static let first = String(repeating: "1", count: 64)
  private static let second = String(repeating: "2", count: 64)
  private static let third = String(repeating: "3", count: 64)

  /// Three images, with bare ids.
  private static var images: [[String: Any]] {
    [
      [
        "id": first, "repoTags": ["example.org/a:1"], "repoDigests": ["example.org/a@sha256:\(second)"], "size": "7",
        "uid": ["value": "0"], "pinned": true,
        "spec": ["annotations": ["key": "value"], "runtimeHandler": "kata", "image": "a"],
      ],
      ["id": second, "repoTags": ["b:1", "<none>:<none>"], "size": "8", "username": "nobody"],
      // An embedded image of iSulad's, which has a digest without a repository.
      ["id": third, "repoTags": ["embedded:1"], "repoDigests": ["sha256:\(third)"], "size": "9"],
    ]
  }

  /// A runtime that runs as a script.
  private struct Runtime {
    let folder: TemporaryFolder
    let process: ChildProcess
    var socket: String { "\(folder.path)/runtime.sock" }
    var source: String { "cri:\(socket)" }

    init(_ kind: String, _ images: [[String: Any]] = RuntimeSourceTests.images) async throws {
      folder = try TemporaryFolder()
      try Self.write(kind, images, in: folder)
      process = try Python.start("runtime.py", ["\(folder.path)/runtime.sock", "\(folder.path)/state"])
      let process = process
      try #require(try await eventually { process.output.text.contains("ready") }, "\(process.errors.text)")
    }

    func become(_ kind: String, _ images: [[String: Any]] = RuntimeSourceTests.images) throws {
      try Self.write(kind, images, in: folder)
    }

    private static func write(_ kind: String, _ images: [[String: Any]], in folder: TemporaryFolder) throws {
      let state = try JSONSerialization.data(withJSONObject: ["kind": kind, "images": images])
      try state.write(to: URL(filePath: "\(folder.path)/state"), options: .atomic)
    }
  }

  @Test(arguments: ["crio", "isulad"]) func aListIsWhatTheRuntimeSays(_ kind: String) async throws {
    let runtime = try await Runtime(kind)
    let worker = try await RunningWorker.start(serving: [runtime.source])
    defer { worker.process.send(SIGKILL) }
    let text = try await worker.images("-o", "json")
    let list = try JSONDecoder().decode(ListedImages.self, from: Data(text.utf8)).images
    #expect(list.map(\.id) == [Self.first, Self.second, Self.third].map { "sha256:\($0)" })
    try #require(list.count == 3)
    #expect(list[0].repoDigests == ["example.org/a@sha256:\(Self.second)"] && list[0].size == "7" && list[0].pinned)
    #expect(list[0].uid?.value == "0" && list[0].spec?.annotations == ["key": "value"])
    #expect(list[0].spec?.runtimeHandler == "kata" && list[0].spec?.image == "a")
    #expect(list[1].repoTags == ["b:1"] && list[1].username == "nobody" && list[1].uid == nil && list[1].spec == nil)
    #expect(list[2].repoTags == ["embedded:1"] && list[2].repoDigests == [])
    let name = kind == "crio" ? "cri-o 1.36.0" : "iSulad 1.36.0"
    #expect(try await worker.status().sources.first?.runtime == name)
  }

  /// The list stays what it was, and is told to be stale for the reason.
  @Test(
    arguments: [
      ("broken", "the store is locked"), ("starting", "server is not initialized yet"), ("huge", "268435456"),
      ("hanging", "did not answer in time"),
    ]) func anAnswerThatIsNoneIsNotBelieved(_ kind: String, _ reason: String) async throws
  {
    let runtime = try await Runtime("crio")
    let worker = try await RunningWorker.start(serving: [runtime.source])
    defer { worker.process.send(SIGKILL) }
    let before = try await worker.ids()
    #expect(before.count == 3)
    try runtime.become(kind)
    #expect(try await eventually { try await worker.status().sources.first?.state == "stale" })
    let error = try await worker.status().sources.first?.lastError ?? ""
    #expect(error.contains(reason) && error.contains(runtime.socket), "\(error)")
    #expect(
      try await Waybill.run(["images", "-q", "--endpoint", worker.endpoint]).output.split(separator: "\n").count == 3)
    #expect(
      worker.process.errors.lines.count { $0.contains("cannot read the source") } <= 2, "\(worker.process.errors.text)")
    try runtime.become("crio", Array(Self.images.prefix(1)))
    #expect(try await eventually { try await worker.images("-q") == "sha256:\(Self.first)\n" })
    #expect(try await worker.status().sources.first?.state == "current")
  }

  @Test func imagesWithoutAnIDAreLeftOutAndTold() async throws {
    let runtime = try await Runtime("crio", Self.images + [["id": "sha256:x", "repoTags": ["broken:1"]], [:]])
    let worker = try await RunningWorker.start(serving: [runtime.source])
    defer { worker.process.send(SIGKILL) }
    let source = try #require(try await worker.status().sources.first)
    #expect(source.images == 3 && source.leftOutCount == 2 && source.leftOut.first?.image == "broken:1")
  }

  /// A list of no images is one where the runtime says so.
  @Test func aRuntimeWithoutImages() async throws {
    let runtime = try await Runtime("crio", [])
    try await withWorker(serving: runtime.source) { (worker) async throws in
      #expect(try await worker.ids() == [])
    }
  }

  /// Whatever is at the path: one line says what it is, the worker is not ready, and stops when it is told to.
  @Test(arguments: ["nothing", "file", "http", "silent", "old", "folder"])
  func whatIsNoRuntime(_ kind: String) async throws {
    let folder = try TemporaryFolder()
    let path = "\(folder.path)/x.sock"
    var helpers: [Any] = []
    var socket = path
    switch kind {
    case "file": try Data("precious".utf8).write(to: URL(filePath: path))
    case "http", "silent":
      let program =
        kind == "http"
        ? "import socketserver, http.server as h\nclass S(socketserver.ThreadingUnixStreamServer):\n  pass\nclass H(h.BaseHTTPRequestHandler):\n  def log_message(self, *a): pass\nS('\(path)', H).serve_forever()"
        : "import socket\ns = socket.socket(socket.AF_UNIX); s.bind('\(path)'); s.listen(9)\nx = [s.accept() for _ in range(99)]"
      helpers.append(try ChildProcess([Python.interpreter(), "-c", program]))
      try #require(try await eventually { FileManager.default.fileExists(atPath: path) })
    case "old":
      let runtime = try await Runtime("old")
      socket = runtime.socket
      helpers.append(runtime)
    case "folder": socket = folder.path
    default: break
    }
    let worker = try await RunningWorker.start(serving: ["cri:\(socket)"], isReadable: false)
    defer { worker.process.send(SIGKILL) }
    #expect(try await eventually { worker.process.errors.text.contains("cannot read the source") })
    try await Task.sleep(for: .seconds(1))
    let complaints = worker.process.errors.lines.filter { $0.contains("error") }
    #expect(complaints.count <= 2 && complaints.allSatisfy { $0.contains(socket) }, "\(complaints)")
    let result = try await Waybill.run(["images", "--endpoint", worker.endpoint, "--retries", "0"])
    #expect(result.exitCode == 69 && result.errors.contains(socket), "\(result)")
    worker.process.send(SIGTERM)
    #expect(try await worker.process.exitCode(within: .seconds(5)) == 0)
    withExtendedLifetime(helpers) {}
  }

  @Test func aRuntimeThatComesLaterIsListed() async throws {
    let runtime = try await Runtime("starting")
    let worker = try await RunningWorker.start(
      serving: [runtime.source, "oci:\(Repository.sampleLayout)"], isReadable: false)
    defer { worker.process.send(SIGKILL) }
    #expect(try await eventually { worker.process.errors.text.contains("not initialized yet") })
    #expect(try await Waybill.run(["status", "--endpoint", worker.endpoint]).exitCode == 69)
    try runtime.become("crio")
    #expect(try await eventually { try await worker.status().ready })
    #expect(try await worker.ids().count == 9)
  }

  @Test func aRuntimeThatIsRequiredMustBeThere() async throws {
    let result = try await Waybill.run(["worker", "cri:/no/such.sock", "--require-sources"])
    #expect(
      result.exitCode == 66 && result.complaints.count == 1 && result.errors.contains("/no/such.sock"), "\(result)")
  }
}
