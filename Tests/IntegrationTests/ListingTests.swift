import Foundation
import Testing

/// `waybill images` and `waybill status` against a worker that serves the bundled sample, down to the last character.
@Suite(.fewAtOnce) struct ListingTests {
  private let sample = "oci:\(Repository.sampleLayout)"

  @Test func table() async throws {
    try await withWorker(serving: sample) { (worker) async throws in
      #expect(
        try await worker.images() == """
          IMAGE                       TAG                 IMAGE ID            SIZE
          docker.io/library/busybox   latest              5b9dee95d31ec       553B
          example.org/demo/multi      1.0                 386dfd5acaa0f       575B
          example.org/demo/multi      1.0                 efad69881c045       574B
          example.org/demo/web        1.0                 1ee2f87aadee0       554B
          example.org/demo/web        latest              1ee2f87aadee0       554B
          example.org/demo/worker     2.3                 412f9136098a9       569B
          <none>                      <none>              ad102917d8972       568B

          """)
    }
  }

  @Test func tableWithDigests() async throws {
    try await withWorker(serving: sample) { (worker) async throws in
      #expect(
        try await worker.images("--digests") == """
          IMAGE                       TAG                 DIGEST              IMAGE ID            SIZE
          docker.io/library/busybox   latest              ec72b74e7f3a4       5b9dee95d31ec       553B
          example.org/demo/multi      1.0                 438dc1cf255e9       386dfd5acaa0f       575B
          example.org/demo/multi      1.0                 c593c3e6b1875       efad69881c045       574B
          example.org/demo/web        1.0                 c1447e185a5ce       1ee2f87aadee0       554B
          example.org/demo/web        latest              c1447e185a5ce       1ee2f87aadee0       554B
          example.org/demo/worker     2.3                 7ad96b5706658       412f9136098a9       569B
          <none>                      <none>              <none>              ad102917d8972       568B

          """)
    }
  }

  @Test func idsAndDigestsInFull() async throws {
    let id = "sha256:5b9dee95d31ec5d13ba6707b7ab6ffeeaca39368b17d854c72bf5ee09aa86408"
    let digest = "sha256:ec72b74e7f3a4ecac7b799246c5b596270f3456226e01f242e87dbe97ca5c586"
    try await withWorker(serving: sample) { (worker) async throws in
      #expect(
        try await worker.images("busybox", "--no-trunc") == """
          IMAGE                       TAG                 IMAGE ID                                                                  SIZE
          docker.io/library/busybox   latest              \(id)   553B

          """)
      let wide = try await worker.images("busybox", "--no-trunc", "--digests")
      #expect(wide.contains("   latest              \(digest)   \(id)   553B\n"))
    }
  }

  @Test func idsOnly() async throws {
    try await withWorker(serving: sample) { (worker) async throws in
      #expect(
        try await worker.images("-q") == """
          sha256:1ee2f87aadee0fbbe0f502d61bce53d9e7925fc059323900296b1f7174f5eab9
          sha256:386dfd5acaa0f8c0bde78b23b4b659f1232f46d38e25cc41b53f5b4853b28bca
          sha256:412f9136098a9441187322e4e45fa549b81f859c1f5ff5cb7960e8a195cc2a70
          sha256:5b9dee95d31ec5d13ba6707b7ab6ffeeaca39368b17d854c72bf5ee09aa86408
          sha256:ad102917d8972380a72fcd2d8e45b940db9dcfb64fa60692f80f450a84661d5d
          sha256:efad69881c0451295980d597f524fab4cacfc467fc338cc6b3af4668b914c0cf

          """)
    }
  }

  @Test func jsonIsThatOfCrictl() async throws {
    try await withWorker(serving: sample) { (worker) async throws in
      #expect(try await worker.images("-o", "json") == Repository.expected("images.json"))
    }
  }

  @Test func anEmptyListIsAnArrayInJSON() async throws {
    try await withWorker(serving: sample) { (worker) async throws in
      #expect(try await worker.images("no-such-image", "-o", "json") == "{\n  \"images\": []\n}\n")
      #expect(try await worker.images("no-such-image", "-q") == "")
      #expect(
        try await worker.images("no-such-image")
          == "IMAGE               TAG                 IMAGE ID            SIZE\n")
    }
  }

  @Test func yamlSaysTheSameAsJSON() async throws {
    let folder = try TemporaryFolder()
    try await withWorker(serving: sample) { (worker) async throws in
      for command in ["images", "status"] {
        func output(_ format: String) async throws -> String {
          try await Waybill.run([command, "--endpoint", worker.endpoint, "-o", format]).output
        }
        let file = "\(folder.path)/\(command).yaml"
        try await output("yaml").write(toFile: file, atomically: true, encoding: .utf8)
        let converted = try await Tool.finish(
          [
            Python.interpreter(), "-c",
            "import json, sys, yaml; json.dump(yaml.safe_load(open(sys.argv[1])), sys.stdout)", file,
          ])
        #expect(converted.exitCode == 0, "\(converted.errors)")
        #expect(
          try Self.withoutTimes(converted.output) == Self.withoutTimes(try await output("json")), "\(command)")
      }
    }
  }

  /// JSON as Foundation understands it; between two questions the clock goes on, and the first one is counted.
  private static func withoutTimes(_ json: String) throws -> NSDictionary {
    var object = try #require(JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
    object["uptime"] = nil
    object["requests"] = nil
    if let sources = object["sources"] as? [[String: Any]] {
      object["sources"] = sources.map { $0.filter { $0.key != "age" } }
    }
    return object as NSDictionary
  }

  @Test(
    arguments: [
      ("busybox", ["5b9dee95d31ec"]),
      ("library/busybox", ["5b9dee95d31ec"]),
      ("docker.io/library/busybox:latest", ["5b9dee95d31ec"]),
      ("busybox:1.36", []),
      ("example.org/demo/web", ["1ee2f87aadee0"]),
      ("example.org/demo/multi:1.0", ["386dfd5acaa0f", "efad69881c045"]),
      (
        "example.org/demo/multi@sha256:438dc1cf255e92acde1772af267e43ae007f855f6849e33dbce2a0fc0c83015b",
        ["386dfd5acaa0f"]
      ),
      (
        "example.org/demo/multi@sha256:cf477c217fa203805dc0b3aae8828f51a114ccd230a49212958a4684273a5586",
        ["386dfd5acaa0f", "efad69881c045"]
      ),
      ("412f9136098a9441187322e4e45fa549b81f859c1f5ff5cb7960e8a195cc2a70", ["412f9136098a9"]),
      ("sha256:412f9136098a9441187322e4e45fa549b81f859c1f5ff5cb7960e8a195cc2a70", ["412f9136098a9"]),
      ("412f", ["412f9136098a9"]),
      ("ad1", ["ad102917d8972"]),
      ("fff", []),
    ])
  func aNameSelects(_ name: String, _ ids: [String]) async throws {
    try await withWorker(serving: sample) { (worker) async throws in
      let found = try await worker.images("-q", name).split(separator: "\n")
      #expect(found.map { String($0.dropFirst("sha256:".count).prefix(13)) } == ids)
    }
  }

  @Test func theEndpointComesFromTheOptionOrTheEnvironment() async throws {
    try await withWorker(serving: sample) { (worker) async throws in
      let here = ["WAYBILL_ENDPOINT": worker.endpoint]
      let nowhere = ["WAYBILL_ENDPOINT": "tcp://127.0.0.1:1"]
      let byEnvironment = try await Waybill.run(["images", "-q"], environment: here)
      #expect(byEnvironment.exitCode == 0 && byEnvironment.output.split(separator: "\n").count == 6)
      let byOption = try await Waybill.run(["status", "--endpoint", worker.endpoint], environment: nowhere)
      #expect(byOption.exitCode == 0, "\(byOption.errors)")
      let second = try await Waybill.run([
        "images", "-q", "--endpoint", "tcp://127.0.0.1:1", "--endpoint", worker.endpoint, "--timeout", "0.5",
      ])
      #expect(second.exitCode == 0 && second.output.split(separator: "\n").count == 6, "\(second.errors)")
    }
  }

  @Test func status() async throws {
    try await withWorker(serving: sample) { (worker) async throws in
      let status = try await worker.status()
      #expect(status.ready && status.images == 6 && !status.version.isEmpty && status.uptime < 60)
      #expect(status.etag == "4442446de9d2b51909aa0fc3516445ab33767385050eae5f6222027874e415c8")
      let source = try #require(status.sources.first)
      #expect(status.sources.count == 1 && source.name == sample && source.state == "current" && source.images == 6)
      #expect(source.leftOutCount == 0 && source.leftOut.isEmpty && source.lastError.isEmpty)
      #expect(source.age.map { $0 < 10 } == true)

      let table = try await Waybill.run(["status", "--endpoint", worker.endpoint])
      let lines = table.output.split(separator: "\n", omittingEmptySubsequences: false)
      #expect(table.exitCode == 0 && lines.count == 14, "\(table)")
      #expect(
        lines[0...2] == ["node      \(status.node)", "instance  \(status.instance)", "version   \(status.version)"])
      #expect(lines[3].wholeMatch(of: /uptime    \d+s/) != nil)
      #expect(lines[4...6] == ["ready     yes", "images    6", "etag      \(status.etag)"])
      let answered = status.requests.answered + 1
      #expect(lines[7...8] == ["requests  \(answered)", "errors    \(status.requests.errors)"])
      #expect(lines[9].wholeMatch(of: /replies   [\d.]+k?B/) != nil && lines[10].isEmpty)
      let width = sample.count + 3
      #expect(
        lines[11] == "SOURCE".padded(to: width)
          + ["STATE", "IMAGES", "LEFT OUT", "PASSED OVER", "ABSENT"].map { $0.padded(to: 20) }.joined() + "READ")
      let start =
        sample.padded(to: width) + ["current", "6", "0", "0", "0"].map { $0.padded(to: 20) }.joined()
      #expect(lines[12].hasPrefix(start) && lines[12].dropFirst(start.count).wholeMatch(of: /\d+s ago/) != nil)
    }
  }

  @Test func theStatusCountsWhatWasAnswered() async throws {
    try await withWorker(serving: sample) { (worker) async throws in
      let before = try await worker.status().requests
      _ = try await worker.images("busybox")
      _ = try await Waybill.run(["images", "no/../reference", "--endpoint", worker.endpoint])
      let after = try await worker.status().requests
      // The list, the error, and the status before this one.
      #expect(after.answered == before.answered + 3 && after.errors == before.errors + 1)
      #expect(after.replyBytes > before.replyBytes + 500)
    }
  }

  @Test func theExampleListsNames() async throws {
    let script = "\(Repository.root)/Examples/list_images.py"
    func ask(_ arguments: String...) async throws -> Finished {
      try await Tool.finish([Python.interpreter(), script] + arguments)
    }
    try await withWorker(serving: sample) { (worker) async throws in
      let all = try await ask(worker.endpoint)
      #expect(all.exitCode == 0 && all.errors.isEmpty, "\(all)")
      #expect(
        all.output == """
          example.org/demo/web:1.0
          example.org/demo/web:latest
          example.org/demo/multi:1.0
          example.org/demo/worker:2.3
          docker.io/library/busybox:latest
          sha256:ad102917d8972380a72fcd2d8e45b940db9dcfb64fa60692f80f450a84661d5d
          example.org/demo/multi:1.0

          """)
      #expect(try await ask(worker.endpoint, "busybox").output == "docker.io/library/busybox:latest\n")
      let refused = try await ask(worker.endpoint, "a//b")
      #expect(refused.exitCode == 1 && refused.errors.hasPrefix("INVALID_ARGUMENT: ") && refused.complaints.count == 1)
    }
    let alone = try await ask("tcp://127.0.0.1:1")
    #expect(alone.exitCode == 1 && alone.errors.hasPrefix("no answer from tcp://127.0.0.1:1 within 5 seconds"))
    #expect(alone.complaints.count == 1)
  }
}

extension String {
  fileprivate func padded(to width: Int) -> String { padding(toLength: width, withPad: " ", startingAt: 0) }
}
