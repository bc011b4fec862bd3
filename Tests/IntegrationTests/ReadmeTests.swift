import Foundation
import Testing

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
}
