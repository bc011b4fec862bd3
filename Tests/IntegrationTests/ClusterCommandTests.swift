import Foundation
import Testing

/// `waybill publish`, `waybill worker etcd:`, and what people ask of a cluster, beside Debian's etcd.
@Suite(.fewAtOnce) struct ClusterCommandTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A publisher of a store, which ends with the test.
  private final class Publisher {
    let process: ChildProcess

    init(_ node: String, of source: String, in etcd: Etcd, _ options: [String] = []) throws {
      process = try ChildProcess(
        [Waybill.path(), "publish", source, "--to", "etcd:\(etcd.endpoint)", "--node", node] + options)
    }

    deinit { process.send(SIGKILL) }

    func says(_ text: String) async throws -> Bool {
      try await eventually(within: .seconds(15)) { self.process.errors.text.contains(text) }
    }
  }

  private struct Nodes: Decodable {
    struct Node: Decodable, Equatable {
      let name: String
      let state: String
      let images: Int
      let etag: String
      let leftOut: Int
      let stale: [String]
    }

    let nodes: [Node]
  }

  private func nodes(_ worker: RunningWorker) async throws -> [Nodes.Node] {
    let result = try await Waybill.run(["nodes", "--endpoint", worker.endpoint, "-o", "json"])
    return try JSONDecoder().decode(Nodes.self, from: Data(result.output.utf8)).nodes
  }

  private func states(_ worker: RunningWorker) async throws -> [String] {
    try await nodes(worker).map { "\($0.name) \($0.state)" }
  }

  @Test func aClusterIsWhatItsNodesSay() async throws {
    let etcd = try await Etcd()
    let (first, second) = (try await UmociLayout(), try await UmociLayout())
    for name in ["shared:1", "first:1"] { try await first.add(name) }
    try await first.addLayer(to: "first:1", text: "some bytes more")
    try await Tool.run("skopeo", "copy", "--quiet", "oci:\(first.path):shared:1", "oci:\(second.path):shared:1")
    let a = try Publisher("a", of: first.source, in: etcd)
    let b = try Publisher("b.example.org", of: second.source, in: etcd)
    try await withWorker(serving: "etcd:\(etcd.endpoint)") { (worker) async throws in
      #expect(try await eventually { try await states(worker) == ["a current", "b.example.org current"] })
      let other = try await RunningWorker.start(serving: ["etcd:\(etcd.endpoint)"])
      defer { other.process.send(SIGKILL) }
      for question in [["--nodes"], ["--node", "a"], [], ["--nodes", "shared:1"]] {
        let one = try await Waybill.run(["images", "--endpoint", worker.endpoint, "-o", "json"] + question)
        let same = try await Waybill.run(["images", "--endpoint", other.endpoint, "-o", "json"] + question)
        #expect(one.output == same.output && one.exitCode == 0, "\(question)")
      }
      // A node's list is that of a worker on its store, with its etag.
      try await withWorker(serving: first.source) { (alone) async throws in
        #expect(try await worker.images("--node", "a", "-o", "json") == alone.images("-o", "json"))
        #expect(try await nodes(worker)[0].etag == alone.status().etag)
      }
      let shared = try await first.facts(of: "shared:1").id
      let table = try await worker.images("--nodes", "shared:1")
      #expect(table.contains("NODES\n") && table.hasSuffix("a, b.example.org\n"), "\(table)")
      let locality = try await Waybill.run(
        ["locality", "first:1", "shared:1", "no-such-image", "--endpoint", worker.endpoint])
      let rows = locality.output.split(separator: "\n").map {
        $0.split(whereSeparator: \.isWhitespace).map(String.init)
      }
      #expect(rows.count == 7 && rows[2][1] == String(shared.dropFirst(7).prefix(13)), "\(locality)")
      #expect(rows[1].last == "1" && rows[2].last == "2" && rows[3].last == "0", "\(locality)")
      #expect(rows[5].first == "a" && rows[6].first == "b.example.org", "\(locality)")

      // What a node loses is gone; who stops is gone at once, and its list is an error.
      try await first.remove("first:1")
      #expect(try await eventually { try await worker.images("first:1", "-q") == "" })
      a.process.send(SIGTERM)
      #expect(try await a.process.exitCode() == 0)
      #expect(try await eventually { try await states(worker) == ["a gone", "b.example.org current"] })
      for (node, text) in [("a", "there is no node \"a\""), ("c", "there is no node \"c\"")] {
        let gone = try await Waybill.run(["images", "--node", node, "--endpoint", worker.endpoint])
        #expect(gone.exitCode == 66 && gone.errors == "waybill: NOT_FOUND: \(text)\n" && gone.output.isEmpty)
      }
      #expect(try await Waybill.run(["nodes", "-q", "--endpoint", worker.endpoint]).output == "b.example.org\n")
      b.process.send(SIGINT)
      #expect(try await b.process.exitCode() == 0)
      #expect(try await eventually { try await worker.ids().isEmpty })
    }
  }

  @Test func aWorkerOfAClusterKeepsToTheSchemas() async throws {
    let etcd = try await Etcd()
    let publisher = try Publisher("node-1.example.org", of: "oci:\(Repository.root)/Examples/sample-layout", in: etcd)
    try await withWorker(serving: "etcd:\(etcd.endpoint)") { (worker) async throws in
      #expect(try await publisher.says(" published"))
      #expect(try await eventually { try await worker.ids().count == 6 })
      let validation = try await Tool.finish(
        [Python.interpreter(), "\(Repository.root)/Schemas/validate", "--worker", worker.endpoint],
        within: .seconds(60))
      #expect(validation.exitCode == 0, "\(validation.errors)")
    }
  }

  @Test func whatANodeLacksIsSaidOfIt() async throws {
    let etcd = try await Etcd()
    let layout = try await UmociLayout()
    for name in ["good:1", "bad:1"] { try await layout.add(name) }
    try await layout.addLayer(to: "bad:1", text: "broken soon")
    let bad = try await layout.facts(of: "bad:1")
    let blob = "\(layout.path)/blobs/sha256/\(bad.digest.dropFirst("sha256:".count))"
    try Data("{}".utf8).write(to: URL(filePath: blob))
    let publisher = try Publisher("a", of: layout.source, in: etcd)
    try await withWorker(serving: "etcd:\(etcd.endpoint)") { (worker) async throws in
      #expect(try await eventually { try await nodes(worker).first?.leftOut == 1 }, "\(publisher.process.errors.text)")
      let list = try await Waybill.run(["images", "--node", "a", "-q", "--endpoint", worker.endpoint])
      #expect(list.output.split(separator: "\n").count == 1 && list.errors.contains("it lacks 1 image"), "\(list)")
      try FileManager.default.removeItem(atPath: "\(layout.path)/index.json")
      #expect(try await eventually { try await nodes(worker).first?.stale == [layout.source] })
    }
  }

  @Test func aRestartThatIsQuickerThanTheTimeToLiveLosesNothing() async throws {
    let etcd = try await Etcd()
    let layout = try await UmociLayout()
    try await layout.add("kept:1")
    try await withWorker(serving: "etcd:\(etcd.endpoint)") { (worker) async throws in
      for ending in [SIGTERM, SIGKILL] {
        let publisher = try Publisher("a", of: layout.source, in: etcd, ["--ttl", "5", "--keep"])
        #expect(try await publisher.says(" published"))
        #expect(try await eventually { try await worker.ids().count == 1 })
        publisher.process.send(ending)
        _ = try await publisher.process.exitCode()
        #expect(try await states(worker) == ["a current"])
      }
      let next = try Publisher("a", of: layout.source, in: etcd, ["--ttl", "5"])
      #expect(try await next.says(" published"))
      try await Task.sleep(for: .seconds(8))
      #expect(try await states(worker) == ["a current"])
      // The time of its own lease is over.
      next.process.send(SIGKILL)
      #expect(try await eventually(within: .seconds(10)) { try await states(worker) == ["a gone"] })
    }
  }

  /// By etcd's own count of what was written.
  @Test func aNodeThatWasSilentComesBackByOnePut() async throws {
    let etcd = try await Etcd()
    let publisher = try Publisher(
      "a", of: "oci:\(Repository.sampleLayout)", in: etcd, ["--ttl", "5", "--retention", "60"])
    #expect(try await publisher.says(" published"))
    try await withWorker(serving: "etcd:\(etcd.endpoint)") { (worker) async throws in
      #expect(try await eventually { try await states(worker) == ["a current"] })
      publisher.process.send(SIGSTOP)
      #expect(try await eventually(within: .seconds(15)) { try await states(worker) == ["a gone"] })
      let before = try await revision(of: etcd)
      publisher.process.send(SIGCONT)
      #expect(try await eventually(within: .seconds(15)) { try await states(worker) == ["a current"] })
      try await Task.sleep(for: .seconds(1))
      #expect(try await revision(of: etcd) == before + 1)
    }
  }

  private func revision(of etcd: Etcd) async throws -> Int {
    let status = try await etcd.control("endpoint", "status", "-w", "json")
    return try #require(status.firstMatch(of: /"revision":([0-9]+)/).flatMap { Int($0.1) })
  }

  @Test func ofTwoPublishersTheFirstEndsWithACodeOfItsOwn() async throws {
    let etcd = try await Etcd()
    let layout = try await UmociLayout()
    try await layout.add("a:1")
    let first = try Publisher("a", of: layout.source, in: etcd)
    #expect(try await first.says(" published"))
    let second = try Publisher("a", of: layout.source, in: etcd)
    #expect(try await second.says(" published"))
    try await layout.add("b:1")
    #expect(try await first.process.exitCode() == 73)
    #expect(
      first.process.errors.text.hasSuffix(
        "waybill: another publisher of the node a has started since: this one stops\n"))
    #expect(!second.process.hasEnded)
  }

  @Test(arguments: [
    (["publish", "oci:/a"], "Missing expected argument '--to <etcd>'"),
    (["publish", "--to", "etcd:a:1"], "Missing expected argument '<source>"),
    (["publish", "oci:/a", "--to", "a:1"], "--to is etcd:HOST:PORT, not \"a:1\"."),
    (["publish", "oci:/a", "--to", "etcd:a"], "\"a\" in \"etcd:a\" is no member of etcd: write HOST:PORT"),
    (["publish", "oci:/a", "--to", "etcd:a:1", "--node", "A_b"], "\"A_b\" is no name of a node"),
    (["publish", "etcd:b:1", "--to", "etcd:a:1"], "etcd:b:1 is a cluster"),
    (["publish", "oci:/a", "--to", "etcd:a:1", "--ttl", "1"], "--ttl is 2 to 86400 seconds, not 1."),
    (["publish", "oci:/a", "--to", "etcd:a:1", "--retention", "9"], "--retention is 121, more than twice --ttl, to"),
    (["publish", "oci:/a", "--to", "etcd:a:1", "--etcd-cert", "/a"], "--etcd-cert and --etcd-key go together."),
    (
      ["publish", "oci:/a", "--to", "etcd:a:1", "--etcd-user", "a"], "--etcd-user and --etcd-password-file go together."
    ),
    (["worker", "etcd:a:1", "etcd:b:1"], "A worker reads one cluster, not 2."),
    (["worker", "oci:/a", "--etcd-ca", "system"], "--etcd-ca is for a source etcd:, and there is none."),
    (["worker", "etcd:"], "\"etcd:\" has no path: write etcd:HOST:PORT"),
    (["worker", "etcd:a:1/b/"], "the prefix in \"etcd:a:1/b/\" ends with a slash: leave it out"),
    (["images", "--node", "a", "--nodes"], "--nodes is for the images of all nodes, and --node for those of one."),
    (["locality"], "Missing expected argument '<image>"),
    (["locality", "a", "--limit", "0"], "The limit is 1 or more, not 0."),
  ])
  func aWrongCommandLineIsTold(_ arguments: [String], _ text: String) async throws {
    let result = try await Waybill.run(arguments)
    #expect(result.exitCode == 64 && result.errors.contains(text), "\(result)")
  }

  @Test(arguments: [
    ("--etcd-ca", 66, "does not exist"), ("--etcd-ca", 65, "is no file in PEM"),
    ("--etcd-password-file", 65, "has no password"),
  ])
  func aFileThatIsNoneIsTold(_ option: String, _ code: CInt, _ text: String) async throws {
    let file = "\(folder.path)/file"
    if code == 65 { try Data("\n".utf8).write(to: URL(filePath: file)) }
    let user = option == "--etcd-password-file" ? ["--etcd-user", "a"] : []
    let result = try await Waybill.run(["publish", "oci:/a", "--to", "etcd:a:1", option, file] + user)
    #expect(result.exitCode == code && result.errors == "waybill: \(option): \(file) \(text)\n", "\(result)")
  }

  /// Each is told in one line, by the log and by the status.
  @Test func anEtcdThatDoesNotAnswerIsTold() async throws {
    let ports = try await Python.freePorts(1)
    let stranger = try ChildProcess([
      Python.interpreter(), "-m", "http.server", "--bind", "127.0.0.1", "\(ports[0])",
    ])
    defer { stranger.send(SIGKILL) }
    let certificates = try await Certificates(in: "\(folder.path)/certificates")
    let others = try await Certificates(in: "\(folder.path)/others")
    let etcd = try await Etcd(certificates: certificates)
    let client = ["--etcd-cert", certificates.client, "--etcd-key", certificates.clientKey]
    for (endpoint, options, text) in [
      ("127.0.0.1:1", [], "Connection refused"), ("127.0.0.1:\(ports[0])", [], "etcd at 127.0.0.1:\(ports[0])"),
      ("\(etcd.endpoint)", [], "if it uses TLS, give --etcd-ca"),
      ("\(etcd.endpoint)", ["--etcd-ca", others.authority] + client, "is not signed by the authorities of --etcd-ca"),
      ("\(etcd.endpoint)", ["--etcd-ca", certificates.authority], "it wants a certificate: give --etcd-cert"),
    ] as [(String, [String], String)] {
      let worker = try await RunningWorker.start(
        serving: ["etcd:\(endpoint)"], at: ["--bind", "tcp://127.0.0.1:*"] + options, isReadable: false)
      defer { worker.process.send(SIGKILL) }
      let isTold = try await eventually(within: .seconds(15)) {
        try await worker.status().sources[0].lastError.contains(text)
      }
      let errors = worker.process.errors.lines.filter { $0.contains(" error ") }
      #expect(isTold && errors.count == 1, "\(text): \(worker.process.errors.text)")
      let list = try await Waybill.run(["images", "--endpoint", worker.endpoint])
      #expect(list.exitCode == 69 && list.errors.contains("UNAVAILABLE: not read yet"), "\(list)")
    }
    try await withWorker(
      serving: "etcd:\(etcd.endpoint)",
      at: ["--bind", "tcp://127.0.0.1:*", "--etcd-ca", certificates.authority] + client
    ) { (worker) async throws in #expect(try await worker.ids().isEmpty) }
  }

  /// The rights that docs/cluster.md gives: a publisher writes its own record and images, a reader writes nothing.
  @Test func nobodyWritesMoreThanTheyMay() async throws {
    let etcd = try await Etcd()
    try await etcd.control("user", "add", "root:root")
    try await etcd.control("user", "grant-role", "root", "root")
    try await etcd.control("role", "add", "waybill-images")
    try await etcd.control(
      "role", "grant-permission", "--prefix=true", "waybill-images", "readwrite", "/waybill/v1/images/")
    for (user, permission) in [
      ("a", ["readwrite", "/waybill/v1/nodes/a"]), ("reader", ["--prefix=true", "read", "/waybill/v1/"]),
    ] {
      try await etcd.control("role", "add", user)
      let options = permission.filter { $0.hasPrefix("--") }
      let result = try await Tool.finish(
        ["etcdctl", "--endpoints", "http://\(etcd.endpoint)", "role", "grant-permission"] + options + [user]
          + permission.filter { !$0.hasPrefix("--") })
      try #require(result.exitCode == 0, "\(result.errors)")
      try await etcd.control("user", "add", "\(user):secret")
      try await etcd.control("user", "grant-role", user, user)
    }
    try await etcd.control("user", "grant-role", "a", "waybill-images")
    try await etcd.control("auth", "enable")
    let password = "\(folder.path)/password"
    try Data("secret\n".utf8).write(to: URL(filePath: password))
    let layout = try await UmociLayout()
    try await layout.add("a:1")

    let reader = try await RunningWorker.start(
      serving: ["etcd:\(etcd.endpoint)"],
      at: ["--bind", "tcp://127.0.0.1:*", "--etcd-user", "reader", "--etcd-password-file", password])
    defer { reader.process.send(SIGKILL) }
    let options = ["--etcd-password-file", password, "--etcd-user"]
    let own = try Publisher("a", of: layout.source, in: etcd, options + ["a"])
    #expect(try await own.says(" published"), "\(own.process.errors.text)")
    #expect(try await eventually { try await states(reader) == ["a current"] })
    for (node, user) in [("b", "a"), ("reader", "reader"), ("a", "reader")] {
      let other = try Publisher(node, of: layout.source, in: etcd, options + [user])
      #expect(try await other.says("permission denied"), "\(node) \(user): \(other.process.errors.text)")
    }
    let stranger = try Publisher("c", of: layout.source, in: etcd)
    #expect(try await stranger.says("cannot publish"), "\(stranger.process.errors.text)")
    try Data("wrong\n".utf8).write(to: URL(filePath: password))
    let wrong = try Publisher("a", of: layout.source, in: etcd, options + ["a"])
    #expect(try await wrong.says("authentication failed"), "\(wrong.process.errors.text)")
    #expect(try await states(reader) == ["a current"])
    #expect(try await reader.ids().count == 1)
    for user in ["a", "reader"] {
      let put = try await Tool.finish([
        "etcdctl", "--endpoints", "http://\(etcd.endpoint)", "--user", "\(user):secret", "put", "/waybill/v1/nodes/b",
        "x",
      ])
      #expect(put.exitCode != 0 && put.errors.contains("permission denied"), "\(put)")
    }
  }

  /// Pods go where their images are, for as long as there is room.
  @Test func theExampleOfAScheduler() async throws {
    let etcd = try await Etcd()
    let (first, second) = (try await UmociLayout(), try await UmociLayout())
    try await first.add("web:1")
    try await first.addLayer(to: "web:1", text: "some bytes")
    try await second.add("other:1")
    let publishers = [
      try Publisher("a", of: first.source, in: etcd), try Publisher("b", of: second.source, in: etcd),
    ]
    for publisher in publishers { #expect(try await publisher.says(" published")) }
    try await withWorker(serving: "etcd:\(etcd.endpoint)") { (worker) async throws in
      let pods = "\(folder.path)/pods"
      try Data("one web:1\ntwo web:1 other:1\nthree web:1\nfour other:1\n".utf8).write(to: URL(filePath: pods))
      let scheduler = "\(try Python.interpreter()) \(Repository.root)/Examples/schedule.py \(worker.endpoint)"
      #expect(try await eventually { try await states(worker).count == 2 })
      let placed = try await Tool.finish(["sh", "-c", "\(scheduler) a=2,b=2,c=9 < \(pods)"])
      let rows = placed.output.split(separator: "\n").map { $0.split(separator: " ").map(String.init) }
      #expect(rows.map { $0[1] } == ["a", "a", "b", "b"] && placed.exitCode == 0, "\(placed)")
      #expect(rows[0][2] == "0" && rows[3][2] == "0" && Int(rows[2][2]) ?? 0 > 0, "\(placed)")
      #expect(placed.errors == "c: no node that is current\n")
      let full = try await Tool.finish(["sh", "-c", "\(scheduler) a=1,b=1 < \(pods)"])
      #expect(full.exitCode == 1 && full.errors == "no node has room for more pods\n", "\(full)")
    }
  }

  /// Over one connection swift-nio-http2 would not bear so many calls in so little time.
  @Test func aLargeStoreIsPublishedWithoutAWord() async throws {
    let etcd = try await Etcd()
    let store = try await LargeStore(images: 20_000)
    let publisher = try Publisher("a", of: "oci:\(store.path)", in: etcd)
    try await withWorker(serving: "etcd:\(etcd.endpoint)") { (worker) async throws in
      #expect(try await eventually(within: .seconds(60)) { try await nodes(worker).first?.images == 20_000 })
      #expect(!publisher.process.errors.text.contains(" error "), "\(publisher.process.errors.text)")
    }
  }

  /// A member that takes no connection and refuses none, as behind a cable that was pulled.
  @Test func aSilentMemberHoldsNothingUp() async throws {
    let etcd = try await Etcd()
    let silent = try ChildProcess([Python.interpreter(), "\(Repository.script("silent_listener.py"))"])
    defer { silent.send(SIGKILL) }
    #expect(try await eventually { silent.output.text.hasSuffix("\n") })
    let port = silent.output.text.dropLast()
    let layout = try await UmociLayout()
    try await layout.add("a:1")
    for members in ["127.0.0.1:\(port)", "127.0.0.1:\(port),\(etcd.endpoint)"] {
      let publisher = try ChildProcess([
        Waybill.path(), "publish", layout.source, "--to", "etcd:\(members)", "--node", "a",
      ])
      defer { publisher.send(SIGKILL) }
      let sign = members.contains(",") ? " published" : "did not answer within 1.5 seconds"
      #expect(
        try await eventually(within: .seconds(4)) { publisher.errors.text.contains(sign) }, "\(publisher.errors.text)")
      publisher.send(SIGTERM)
      #expect(try await publisher.exitCode(within: .seconds(4)) == 0, "\(publisher.errors.text)")
    }
    #expect(try await etcd.control("get", "--prefix", "/waybill/v1/nodes/").isEmpty)
  }

  @Test func aFullDatabaseIsToldAndPasses() async throws {
    let etcd = try await Etcd(options: ["--quota-backend-bytes", "200000"])
    let layout = try await UmociLayout()
    try await layout.add("a:1")
    let publisher = try Publisher("a", of: layout.source, in: etcd)
    #expect(try await publisher.says(" published"))
    try await withWorker(serving: "etcd:\(etcd.endpoint)") { (worker) async throws in
      #expect(try await eventually { try await worker.ids().count == 1 })
      let filling = String(repeating: "x", count: 100_000)
      for number in 0..<4 {
        _ = try await Tool.finish(
          ["etcdctl", "--endpoints", "http://\(etcd.endpoint)", "put", "/other/\(number)", filling])
      }
      try await layout.add("b:1")
      try await layout.addLayer(to: "b:1", text: "new")
      #expect(try await publisher.says("space exceeded"), "\(publisher.process.errors.text)")
      #expect(try await worker.ids().count == 1)
      try await etcd.control("del", "--prefix", "/other/")
      try await etcd.control("compact", "\(try await revision(of: etcd))")
      try await etcd.control("defrag")
      try await etcd.control("alarm", "disarm")
      #expect(try await eventually(within: .seconds(15)) { try await worker.ids().count == 2 })
      #expect(try await publisher.says("publishing again"))
    }
  }
}
