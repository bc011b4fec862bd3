import Foundation
import Testing

/// What the README and `docs` tell a reader to do is done, word for word, by `documentation.py`.
@Suite(.fewAtOnce) struct DocumentationTests {
  private static let runner = Repository.script("documentation.py")
  private static var files: [String] {
    get throws {
      let documents = try FileManager.default.contentsOfDirectory(atPath: "\(Repository.root)/docs")
      return ["README.md"] + documents.filter { $0.hasSuffix(".md") }.sorted().map { "docs/\($0)" }
    }
  }

  /// Every block of code, with ports and paths as they are shown.
  @Test(
    .enabled(
      "networks and folders of one's own need root, and the right to unshare",
      { try await Tool.finish(["unshare", "--net", "--mount", "true"]).exitCode == 0 }), arguments: try files)
  func everyBlock(of file: String) async throws {
    let result = try await Tool.finish(
      [Python.interpreter(), Self.runner, Waybill.path(), file], within: .seconds(120))
    #expect(result.exitCode == 0, "\(result.errors)")
  }

  /// What is not run, and what stands in for something, is still there to be run.
  @Test func noRowIsLeftOver() async throws {
    let result = try await Tool.finish([Python.interpreter(), Self.runner, "--tables"])
    #expect(result.exitCode == 0, "\(result.errors)")
  }
}
