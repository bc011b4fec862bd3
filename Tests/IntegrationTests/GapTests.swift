import Foundation
import Glibc
import Testing

/// What is said where a list is not whole, and where it is not known.
@Suite(.fewAtOnce) struct GapTests {
  private let layout: UmociLayout

  init() async throws {
    layout = try await UmociLayout()
    try await layout.add("a:1")
  }

  private func images(_ worker: RunningWorker) async throws -> Finished {
    try await Waybill.run(["images", "-q", "--endpoint", worker.endpoint, "--retries", "0"])
  }

  @Test func aListSaysWhatItLacks() async throws {
    try await layout.add("b:1")
    let (kept, lost) = (try await layout.facts(of: "a:1").id, try await layout.facts(of: "b:1").id)
    let blob = "\(layout.path)/blobs/\(lost.replacing(":", with: "/"))"
    try await withWorker(serving: layout.source) { (worker) async throws in
      let before = try await images(worker)
      #expect(before.exitCode == 0 && before.errors.isEmpty)
      #expect(before.output == [kept, lost].sorted().map { "\($0)\n" }.joined())

      // A configuration is taken away behind the back of the index.
      try FileManager.default.moveItem(atPath: blob, toPath: "\(layout.path)/aside")
      let start = ContinuousClock.now
      #expect(try await eventually { try await images(worker).output == "\(kept)\n" })
      #expect(start.duration(to: .now) < .seconds(2))
      let lacking = try await images(worker)
      #expect(lacking.exitCode == 0)
      #expect(
        lacking.errors
          == "waybill: the list is not whole: it lacks 1 image that cannot be read: waybill status says why\n")

      let index = try Data(contentsOf: layout.index)
      try layout.replaceIndex(by: Data("{".utf8))
      let stale =
        "waybill: the list is not whole: it lacks 1 image that cannot be read, and what it has of \(layout.source) "
        + "cannot be read anew: waybill status says why\n"
      #expect(try await eventually { try await images(worker).errors == stale })
      #expect(try await images(worker).output == "\(kept)\n")

      // A watcher is told, though no image changes.
      let watcher = try ChildProcess([
        Waybill.path(), "images", "-q", "--watch", "0.1", "--endpoint", worker.endpoint,
      ])
      defer { watcher.send(SIGKILL) }
      #expect(try await eventually { watcher.errors.text == stale })
      try layout.replaceIndex(by: index)
      try await Task.sleep(for: .seconds(1.5))
      try layout.replaceIndex(by: Data("{".utf8))
      #expect(try await eventually { watcher.errors.lines.count == 3 }, "\(watcher.errors.text)")

      try layout.replaceIndex(by: index)
      try FileManager.default.moveItem(atPath: "\(layout.path)/aside", toPath: blob)
      #expect(try await eventually { try await images(worker).output == before.output })
      #expect(try await images(worker).errors.isEmpty)
    }
  }

  @Test func aStoreOfWhichNothingCanBeReadIsNotEmpty() async throws {
    let injection = try await FaultInjection()
    let manifest = try await layout.facts(of: "a:1").digest
    try injection.begin(EACCES, at: "\(layout.path)/blobs/\(manifest.replacing(":", with: "/"))")
    let worker = try await RunningWorker.start(
      serving: [layout.source], isReadable: false, environment: injection.environment)
    defer { worker.process.send(SIGKILL) }
    let isTold = try await eventually {
      try await worker.status().sources[0].lastError.hasPrefix("its one image cannot be read: ")
    }
    #expect(isTold)
    let status = try await worker.status()
    #expect(!status.ready && status.sources.map(\.state) == ["pending"])
    #expect(try await images(worker).exitCode == 69)

    try injection.end()
    #expect(try await eventually { try await images(worker).exitCode == 0 })
    #expect(try await worker.status().sources.map(\.state) == ["current"])
    // What was read once stands.
    try injection.begin(EACCES, at: layout.path)
    #expect(try await eventually { try await worker.status().sources.map(\.state) == ["stale"] })
    let result = try await images(worker)
    #expect(result.exitCode == 0 && result.output.count == 72 && result.errors.contains("may be old"))
  }
}
