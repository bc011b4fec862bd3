import Foundation
import Testing

/// Layouts that umoci and Skopeo change, and that break, while a worker serves them.
@Suite(.fewAtOnce) struct ChangeTests {
  @Test func imagesOfUmociAndSkopeoAreListed() async throws {
    let layout = try await UmociLayout()
    try await layout.add("example.org/app:1.0", user: "1000:1000")
    try await layout.addLayer(to: "example.org/app:1.0", text: "hello")
    try await Tool.run(
      "skopeo", "copy", "--quiet", "oci:\(layout.path):example.org/app:1.0", "oci:\(layout.path):latest")
    let facts = try await layout.facts(of: "example.org/app:1.0")
    try await withWorker(serving: layout.source) { (worker) async throws in
      #expect(
        try await worker.images("-o", "json") == """
          {
            "images": [
              {
                "id": "\(facts.id)",
                "repoTags": [
                  "example.org/app:1.0",
                  "latest"
                ],
                "repoDigests": [
                  "example.org/app@\(facts.digest)",
                  "latest@\(facts.digest)"
                ],
                "size": "\(facts.size)",
                "uid": {
                  "value": "1000"
                },
                "username": "",
                "spec": null,
                "pinned": false
              }
            ]
          }

          """)
    }
  }

  @Test func aChangeIsListedWithinTwoSeconds() async throws {
    let layout = try await UmociLayout()
    for name in ["one", "two", "three"] { try await layout.add(name) }
    try await withWorker(serving: layout.source) { (worker) async throws in
      let before = try await worker.ids()
      let etag = try await worker.status().etag
      #expect(before.count == 3 && before == before.sorted())

      try await layout.add("four")
      let noticed = try await Self.time {
        // An image is written in two steps, and is another one after the second.
        try await worker.images("-q", "four") == layout.facts(of: "four").id + "\n"
      }
      let added = try await layout.facts(of: "four").id
      #expect(try await worker.ids() == (before + [added]).sorted())
      #expect(try await worker.status().etag != etag)

      try await layout.remove("four")
      let forgotten = try await Self.time { try await worker.ids() == before }
      #expect(try await worker.status().etag == etag)
      print("an image added was listed after \(noticed), one removed was gone after \(forgotten)")
      #expect(max(noticed, forgotten) < .seconds(2))
    }
  }

  /// How long it takes until `condition` holds.
  private static func time(_ condition: () async throws -> Bool) async throws -> Duration {
    let start = ContinuousClock.now
    #expect(try await eventually(condition))
    return start.duration(to: .now)
  }

  @Test func aWatcherIsTold() async throws {
    let layout = try await UmociLayout()
    try await layout.add("one")
    try await withWorker(serving: layout.source) { (worker) async throws in
      let watcher = try ChildProcess([
        Waybill.path(), "images", "--endpoint", worker.endpoint, "-q", "--watch", "0.1",
      ])
      defer { watcher.send(SIGKILL) }
      let named = try ChildProcess([Waybill.path(), "images", "--endpoint", worker.endpoint, "--watch", "0.1"])
      defer { named.send(SIGKILL) }
      #expect(try await eventually { named.output.lines.count == 2 })
      let id = try await layout.facts(of: "one").id
      #expect(try await eventually { watcher.output.text == "\(id)\n" })
      try await Tool.run("umoci", "tag", "--image", "\(layout.path):one", "another")
      #expect(try await eventually { named.output.lines.last == "changed \(id) another one" })
      #expect(try await eventually { watcher.output.lines.last == "changed \(id)" })
      for name in ["one", "another"] { try await layout.remove(name) }
      #expect(try await eventually { watcher.output.lines.last == "removed \(id)" })
      watcher.send(SIGINT)
      #expect(try await watcher.exitCode(within: .seconds(5)) == -SIGINT)
      #expect(watcher.errors.text.isEmpty)
    }
  }

  @Test func anImageRenamedIsTheSameImage() async throws {
    let layout = try await UmociLayout()
    try await layout.add("old:1")
    try await withWorker(serving: layout.source) { (worker) async throws in
      let ids = try await worker.ids()
      try await Tool.run("umoci", "tag", "--image", "\(layout.path):old:1", "new:1")
      #expect(try await eventually { try await worker.images("new:1", "-q") != "" })
      #expect(try await worker.ids() == ids)
      try await layout.remove("old:1")
      #expect(try await eventually { try await worker.images("old:1", "-q") == "" })
      #expect(try await worker.ids() == ids)
    }
  }

  @Test func unavailableUntilReadable() async throws {
    let layout = try await UmociLayout()
    try await layout.add("one")
    let good = try Data(contentsOf: layout.index)
    try layout.replaceIndex(by: good.prefix(good.count / 2))
    try await withWorker(serving: layout.source, isReadable: false) { (worker) async throws in
      let refused = try await Waybill.run(["images", "--endpoint", worker.endpoint, "--retries", "0"])
      #expect(refused.exitCode == 69 && refused.output.isEmpty)
      #expect(refused.complaints.count == 1 && refused.errors.hasPrefix("waybill: UNAVAILABLE: "), "\(refused.errors)")
      #expect(refused.errors.contains(layout.source))

      #expect(try await eventually { try await worker.status().sources.first?.lastError != "" })
      let status = try await worker.status()
      #expect(!status.ready && status.images == 0)
      #expect(status.sources.first?.state == "pending" && status.sources.first?.age == nil)
      #expect(status.sources.first?.lastError.contains("\(layout.path)/index.json") == true)
      let table = try await Waybill.run(["status", "--endpoint", worker.endpoint])
      #expect(table.exitCode == 69 && table.output.contains("ready     no\n"), "\(table)")

      try layout.replaceIndex(by: good)
      #expect(try await eventually { try await worker.status().ready })
      #expect(try await worker.ids().count == 1)
      // What lasts is logged once, however often it is met.
      #expect(worker.process.errors.lines.count { $0.contains(" error ") } == 1)
    }
  }

  @Test func aBrokenIndexLeavesTheListAndIsReported() async throws {
    let layout = try await UmociLayout()
    try await layout.add("one")
    let good = try Data(contentsOf: layout.index)
    try await withWorker(serving: layout.source) { (worker) async throws in
      let before = try await worker.images("-o", "json")
      let etag = try await worker.status().etag
      try layout.replaceIndex(by: Data("{\"schemaVersion\": 2, \"manifests\": [".utf8))
      #expect(try await eventually { try await worker.status().sources.first?.state == "stale" })
      #expect(try await worker.images("-o", "json") == before)
      let status = try await worker.status()
      #expect(status.ready && status.etag == etag && status.images == 1)
      #expect(status.sources.first?.lastError.contains("index.json") == true)
      let table = try await Waybill.run(["status", "--endpoint", worker.endpoint])
      #expect(table.exitCode == 0 && table.output.contains(" stale "), "\(table)")
      #expect(table.output.contains("\n\(layout.source): \(layout.path)/index.json"), "\(table)")

      try layout.replaceIndex(by: good)
      #expect(try await eventually { try await worker.status().sources.first?.state == "current" })
      #expect(try await worker.status().sources.first?.lastError == "")
      #expect(try await worker.images("-o", "json") == before)
    }
  }

  @Test func aLayoutThatGoesAwayAndComesBack() async throws {
    let layout = try await UmociLayout()
    try await layout.add("one")
    let aside = "\(layout.path).aside"
    try await withWorker(serving: layout.source) { (worker) async throws in
      let before = try await worker.images("-o", "json")
      try FileManager.default.moveItem(atPath: layout.path, toPath: aside)
      #expect(try await eventually { try await worker.status().sources.first?.state == "stale" })
      #expect(try await worker.images("-o", "json") == before)
      try FileManager.default.moveItem(atPath: aside, toPath: layout.path)
      #expect(try await eventually { try await worker.status().sources.first?.state == "current" })
      #expect(try await worker.images("-o", "json") == before)
    }
  }

  @Test func aBrokenImageHidesNoOther() async throws {
    let layout = try await UmociLayout()
    for name in ["good:1", "bad:1"] { try await layout.add(name) }
    let good = try await layout.facts(of: "good:1")
    let bad = try await layout.facts(of: "bad:1")
    let blob = "\(layout.path)/blobs/sha256/\(bad.id.dropFirst("sha256:".count))"
    let contents = try Data(contentsOf: URL(filePath: blob))
    try Data("broken".utf8).write(to: URL(filePath: blob), options: .atomic)
    try await withWorker(serving: layout.source) { (worker) async throws in
      #expect(try await worker.ids() == [good.id])
      let source = try #require(try await worker.status().sources.first)
      #expect(source.state == "current" && source.images == 1 && source.leftOutCount == 1)
      let leftOut = try #require(source.leftOut.first)
      #expect(leftOut.image == "bad:1" && leftOut.path == blob && !leftOut.reason.isEmpty)
      let table = try await Waybill.run(["status", "--endpoint", worker.endpoint])
      #expect(table.exitCode == 0)
      #expect(
        table.output.hasSuffix("\n\(layout.source): left out bad:1: \(blob): \(leftOut.reason)\n"), "\(table.output)")
      #expect(worker.process.errors.text.contains(blob))

      try contents.write(to: URL(filePath: blob), options: .atomic)
      #expect(try await eventually { try await worker.ids().count == 2 })
      #expect(try await worker.status().sources.first?.leftOutCount == 0)
    }
  }

  @Test func severalLayoutsAreListedAsOne() async throws {
    let first = try await UmociLayout()
    let second = try await UmociLayout()
    try await first.add("shared:1")
    try await second.add("own:1")
    try await Tool.run("skopeo", "copy", "--quiet", "oci:\(first.path):shared:1", "oci:\(second.path):copied:1")
    try await withWorker(serving: first.source, second.source) { (worker) async throws in
      #expect(try await worker.ids().count == 2)
      #expect(try await worker.images("shared:1", "-q") == worker.images("copied:1", "-q"))
      #expect(try await worker.status().sources.map(\.images) == [1, 2])
    }
  }
}
