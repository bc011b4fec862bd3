import Foundation
import Testing

/// One image in stores of two kinds.
@Suite(.fewAtOnce) struct SeveralSourcesTests {
  private let layout: UmociLayout
  private let folder: TemporaryFolder
  private var archive: String { "\(folder.path)/images.tar" }

  init() async throws {
    layout = try await UmociLayout()
    folder = try TemporaryFolder()
    try await layout.add("shared:1", user: "1000")
    try await layout.addLayer(to: "shared:1", text: "hello")
    try await layout.add("other:1")
    try await save("shared:1", as: "example.org/saved:2", to: archive)
  }

  private func save(_ name: String, as saved: String, to file: String) async throws {
    try await Tool.run(
      "skopeo", "copy", "--quiet", "oci:\(layout.path):\(name)", "docker-archive:\(file):\(saved)")
  }

  private func row(_ worker: RunningWorker, of id: String) async throws -> String {
    try await worker.images("--no-trunc", "--digests", "-o", "json", id)
  }

  @Test func theyAreOneEntryAndEachKeepsItsWord() async throws {
    let shared = try await layout.facts(of: "shared:1").id
    let other = try await layout.facts(of: "other:1")
    try await withWorker(serving: layout.source, "docker-archive:\(archive)") { (worker) async throws in
      #expect(try await worker.ids() == [shared, other.id].sorted())
      let both = try await row(worker, of: shared)
      for name in ["\"shared:1\"", "\"example.org/saved:2\"", "\"shared@sha256:"] {
        #expect(both.contains(name), "\(both)")
      }
      #expect(try await worker.images("shared:1", "-q") == worker.images("example.org/saved:2", "-q"))
      #expect(try await worker.status().sources.map(\.images) == [2, 1])

      // Gone from the layout, it is what the archive says.
      try await layout.remove("shared:1")
      #expect(try await eventually { try await worker.images("shared:1", "-q") == "" })
      let saved = try await row(worker, of: shared)
      #expect(saved.contains("\"example.org/saved:2\"") && !saved.contains("@sha256:"), "\(saved)")
      #expect(saved.contains("\"value\": \"1000\""), "\(saved)")

      // Gone from the archive as well, it is gone; another takes its place in one step.
      try await save("other:1", as: "example.org/saved:3", to: "\(archive).new")
      _ = rename("\(archive).new", archive)
      #expect(try await eventually { try await worker.ids() == [other.id] })
      let last = try await row(worker, of: other.id)
      for name in ["\"other:1\"", "\"example.org/saved:3\"", other.digest] { #expect(last.contains(name), "\(last)") }
    }
  }

  @Test func eachHasItsOwnStatus() async throws {
    try await withWorker(serving: layout.source, "docker-archive:\(archive)") { (worker) async throws in
      let before = try await worker.images("-o", "json")
      let whole = try Data(contentsOf: URL(filePath: archive))
      try whole.prefix(700).write(to: URL(filePath: archive))
      #expect(try await eventually { try await worker.status().sources.last?.state == "stale" })
      let status = try await worker.status()
      #expect(status.ready && status.sources.map(\.state) == ["current", "stale"])
      #expect(status.sources.map(\.images) == [2, 1] && status.sources.map(\.leftOutCount) == [0, 0])
      #expect(status.sources.allSatisfy { $0.age != nil } && status.sources[0].lastError == "")
      #expect(status.sources[1].lastError.hasPrefix("\(archive) cannot be read: Truncated"), "\(status)")
      #expect(try await worker.images("-o", "json") == before)

      let table = try await Waybill.run(["status", "--endpoint", worker.endpoint]).output
      let header = try #require(table.split(separator: "\n").first { $0.hasPrefix("SOURCE") })
      for column in ["STATE", "IMAGES", "LEFT OUT", "READ"] { #expect(header.contains(column)) }
      #expect(
        table.split(separator: "\n").contains { $0.hasPrefix("docker-archive:\(archive) ") && $0.contains(" stale ") })
      #expect(table.contains("\ndocker-archive:\(archive): \(archive) cannot be read: Truncated"), "\(table)")

      try whole.write(to: URL(filePath: archive))
      #expect(try await eventually { try await worker.status().sources.last?.state == "current" })
      #expect(try await worker.images("-o", "json") == before)
    }
  }
}
