import Foundation
import Testing
import ZeroMQ

/// What the README tells a reader to do is done here, word for word.
@Suite(.fewAtOnce) struct ReadmeTests {
  @Test func theLinesOfPython() async throws {
    let readme = try String(contentsOfFile: "\(Repository.root)/README.md", encoding: .utf8)
    let fence = try #require(readme.range(of: "```python\n"))
    let end = try #require(readme.range(of: "```", range: fence.upperBound..<readme.endIndex))
    let lines = readme[fence.upperBound..<end.lowerBound]
    try #require(lines.contains("tcp://127.0.0.1:5555"))
    try await withWorker(serving: "oci:\(Repository.sampleLayout)") { (worker) async throws in
      let program = lines.replacing("tcp://127.0.0.1:5555", with: worker.endpoint)
      let result = try await Tool.finish([Python.interpreter(), "-c", String(program)])
      #expect(result.exitCode == 0, "\(result.errors)")
      #expect(result.output.contains("'repo_tags': ['docker.io/library/busybox:latest']"))
      #expect(result.output.contains("'etag': '"))
    }
  }

  /// `make check-client` builds and runs that program.
  @Test func theLinesOfSwiftAreTheExample() throws {
    let readme = try String(contentsOfFile: "\(Repository.root)/README.md", encoding: .utf8)
    let example = "\(Repository.root)/Examples/swift/Sources/list-images/main.swift"
    #expect(readme.contains("```swift\n\(try String(contentsOfFile: example, encoding: .utf8))```"))
  }

  @Test func theLinesWithKeys() async throws {
    let readme = try String(contentsOfFile: "\(Repository.root)/README.md", encoding: .utf8)
    let fence = try #require(readme.range(of: "```sh\nwaybill keygen"))
    let end = try #require(readme.range(of: "```", range: fence.upperBound..<readme.endIndex))
    let pythonFence = try #require(readme.range(of: "```python\nimport zmq.auth\n"))
    let pythonEnd = try #require(readme.range(of: "```", range: pythonFence.upperBound..<readme.endIndex))
    let lines = "waybill keygen" + readme[fence.upperBound..<end.lowerBound]
    try #require(lines.contains("tcp://*:5555") && lines.contains("oci:/srv/images "))
    let folder = try TemporaryFolder()
    let port = try await Python.freePorts(1)[0]
    let program = lines.replacing("5555", with: "\(port)").replacing("/srv/images", with: Repository.sampleLayout)
    let python = """
      import zmq
      sock = zmq.Context().socket(zmq.REQ)
      sock.rcvtimeo = 20_000
      import zmq.auth
      \(readme[pythonFence.upperBound..<pythonEnd.lowerBound])
      sock.connect("tcp://127.0.0.1:\(port)")
      sock.send(bytes([0x80]))
      print(len(sock.recv()), "bytes")
      """
    try Data(python.utf8).write(to: URL(filePath: "\(folder.path)/client.py"))
    let command =
      "set -e; cd \(folder.path); trap 'kill $!; wait' EXIT\n\(program)\n\(try Python.interpreter()) client.py"
    let tools = URL(filePath: try Waybill.path()).deletingLastPathComponent().path
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let result = try await Tool.finish(
      ["sh", "-c", command],
      environment: ["PATH": "\(tools):\(path)", "WAYBILL_ENDPOINT": "tcp://127.0.0.1:\(port)"])
    #expect(result.exitCode == 0, "\(result)")
    #expect(result.output.contains("docker.io/library/busybox   latest"), "\(result)")
    #expect(result.output.hasSuffix(" bytes\n"), "\(result)")
  }

  /// containerd over ZeroMQ, and crictl at a worker. Debian has no crictl: a script makes its calls.
  @Test(.enabled(if: geteuid() == 0, "containerd needs root")) func theLinesWithRuntimes() async throws {
    let readme = try String(contentsOfFile: "\(Repository.root)/README.md", encoding: .utf8)
    let section = try #require(readme.split(separator: "### With Kubernetes' runtimes\n").last)
    let blocks = section.split(separator: "```sh\n").dropFirst().prefix(2).map {
      String($0.split(separator: "```")[0])
    }
    try #require(blocks.count == 2 && blocks[0].contains(" cri: ") && blocks[1].contains("crictl "))
    let layout = try await UmociLayout()
    let containerd = try await Containerd()
    try await layout.add("example.org/one:1")
    try await containerd.load("example.org/one:1", from: layout)
    let folder = try TemporaryFolder()
    let made = try await Tool.finish(
      [Python.interpreter(), Repository.script("embedded_store.py"), "\(folder.path)/embedded"])
    try #require(made.exitCode == 0, "\(made.errors)")
    let port = try await Python.freePorts(1)[0]
    for (block, replacements, expected) in [
      (blocks[0], ["cri:": "cri:\(containerd.socket)", "/run/": "\(folder.path)/"], "example.org/one"),
      (
        blocks[1],
        [
          "embedded:/srv/embedded": "embedded:\(folder.path)/embedded --bind tcp://127.0.0.1:\(port)",
          "/run/": "\(folder.path)/",
          "crictl ": "sleep 2; \(try Python.interpreter()) \(Repository.script("crictl.py")) ",
        ], "test v1"
      ),
    ] {
      var program = block
      for (words, others) in replacements { program = program.replacing(words, with: others) }
      let tools = URL(filePath: try Waybill.path()).deletingLastPathComponent().path
      let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
      let result = try await Tool.finish(
        ["sh", "-c", "set -e; trap 'kill $!; wait' EXIT\n\(program)"], environment: ["PATH": "\(tools):\(path)"])
      #expect(result.exitCode == 0 && result.output.contains(expected), "\(result)")
    }
  }

  @Test func theLinesOfACluster() async throws {
    let readme = try String(contentsOfFile: "\(Repository.root)/README.md", encoding: .utf8)
    let section = try #require(readme.split(separator: "### A cluster\n").last)
    let block = try #require(section.split(separator: "```sh\n").dropFirst().first?.split(separator: "```").first)
    let etcd = try await Etcd()
    let port = try await Python.freePorts(1)[0]
    let program =
      block
      .replacing("10.0.0.1:2379,10.0.0.2:2379,10.0.0.3:2379", with: "\(etcd.endpoint)")
      .replacing("cri:", with: "oci:\(Repository.sampleLayout) --node node-17")
      .replacing("waybill worker etcd:", with: "waybill worker --bind tcp://127.0.0.1:\(port) etcd:")
      .replacing("waybill images --nodes", with: "sleep 3; waybill images --nodes")
    let tools = URL(filePath: try Waybill.path()).deletingLastPathComponent().path
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let result = try await Tool.finish(
      ["bash", "-c", "set -e; trap 'kill $(jobs -p); wait' EXIT\n\(program)"],
      environment: ["PATH": "\(tools):\(path)", "WAYBILL_ENDPOINT": "tcp://127.0.0.1:\(port)"])
    #expect(result.exitCode == 0, "\(result)")
    for text in ["NODES\n", "example.org/demo/web", "node-17             current", "node-17             553B"] {
      #expect(result.output.contains(text), "\(text): \(result)")
    }
  }
}
