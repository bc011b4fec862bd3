import Foundation
import GRDB
import ImageAPI
import ImageSources
import Testing

/// The embedded images of an iSulad graph.
@Suite struct ISuladDatabaseTests {
  let graph: TestGraph

  init() throws {
    graph = try TestGraph()
  }

  private func write(_ body: (Database) throws -> Void) throws {
    try TestDatabase.write(graph) { database in
      try database.execute(sql: TestDatabase.schema)
      try body(database)
    }
  }

  private static func digest(_ text: String) -> String { TestLayout.digest(text) }

  private func files() throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: graph.path).sorted()
  }

  @Test func embeddedImagesHaveTheirNamesAndNoDigest() throws {
    let parts = TestGraph.Parts(user: "0", names: ["busybox:latest"])
    try graph.write(parts)
    try write { database in
      try TestDatabase.add(database, digest: Self.digest("two"), size: 1024.75, names: ["b:1", "a:1"])
      try TestDatabase.add(database, digest: Self.digest("none"), size: 0.0)
      try TestDatabase.add(database, digest: Self.digest("odd"), size: 7, names: ["k@sha256:00"])
    }
    let before = try files()
    var source = try ISuladGraph(path: graph.path)
    let images = [
      Image(id: try #require(parts.id), repoTags: ["busybox:latest"], size: 123, user: .uid(0)),
      Image(id: try #require(Digest(Self.digest("two"))), repoTags: ["a:1", "b:1"], size: 1024),
      Image(id: try #require(Digest(Self.digest("none")))),
      Image(id: try #require(Digest(Self.digest("odd"))), repoTags: ["k@sha256:00"], size: 7),
    ]
    #expect(try source.read()?.united == Inventory(images: images).united)
    #expect(try source.read() == nil)
    #expect(try files() == before)
  }

  @Test func oneKindOfImageIsEnough() throws {
    try write { try TestDatabase.add($0, digest: Self.digest("a"), names: ["a:1"]) }
    try graph.folder.remove("storage")
    var source = try ISuladGraph(path: graph.path)
    #expect(try source.read()?.images.map(\.repoTags) == [["a:1"]])
    try TestDatabase.write(graph) { try TestDatabase.add($0, digest: Self.digest("b"), names: ["b:1"]) }
    #expect(try source.read()?.images.count == 2)
    try TestDatabase.write(graph) { try $0.execute(sql: "DELETE FROM image_names WHERE image_name = 'a:1'") }
    #expect(Set(try #require(try source.read()).images.map(\.repoTags)) == [[], ["b:1"]])
  }

  @Test func aDatabaseWithoutTablesListsNothing() throws {
    try graph.folder.write("", to: "sqlite.db")
    var source = try ISuladGraph(path: graph.path)
    #expect(try source.read() == Inventory())
    try write { try TestDatabase.add($0, digest: Self.digest("a"), names: ["a:1"]) }
    #expect(try source.read()?.images.map(\.repoTags) == [["a:1"]])
    try graph.folder.remove("sqlite.db")
    #expect(try source.read() == Inventory())
  }

  @Test func badRowsAreLeftOut() throws {
    let bad: [(any DatabaseValueConvertible, any DatabaseValueConvertible, String)] = [
      ("sha256:00", 1.0, "config_digest"), (String(Self.digest("bare").dropFirst(7)), 1.0, "config_digest"),
      (Self.digest("upper").uppercased(), 1.0, "config_digest"), (Data([0xff, 0xfe]), 1.0, "no text"),
      (Self.digest("negative"), -1.0, "size"), (Self.digest("huge"), 1e30, "size"),
      (Self.digest("infinite"), Double.infinity, "size"), (Self.digest("text"), "many", "size"),
    ]
    try write { database in
      for (digest, size, _) in bad { try TestDatabase.add(database, digest: digest, size: size) }
      let good = Self.digest("good")
      try TestDatabase.add(
        database, digest: good, names: ["good:1", Data([0x61, 0xff]), "", "a\nb", String(repeating: "n", count: 5000)])
      try database.execute(sql: "INSERT INTO image_names VALUES ('lost:1', 4711)")
    }
    var source = try ISuladGraph(path: graph.path)
    let inventory = try #require(try source.read())
    #expect(inventory.images.map(\.repoTags) == [["good:1"]])
    let reasons = inventory.leftOut.map(\.reason)
    for ((_, _, expected), reason) in zip(bad, reasons) { #expect(reason.contains(expected), "\(reason)") }
    let names = reasons.dropFirst(bad.count)
    #expect(names.count == 5)
    for expected in ["UTF-8", "control character", "1025 bytes", "4711"] {
      #expect(names.contains { $0.contains(expected) }, "\(names)")
    }
  }

  @Test(arguments: [
    (
      "not a database at all, but quite long enough to have a header of a hundred bytes, as a database has one..",
      "broken"
    ),
    ("SQLite format 3\0" + String(repeating: "x", count: 5000), "broken"),
    ("short", "broken"),
  ])
  func aBrokenDatabaseHidesNoOtherImage(text: String, reason: String) throws {
    try graph.write(TestGraph.Parts(names: ["a:1"]))
    try graph.folder.write(text, to: "sqlite.db")
    var source = try ISuladGraph(path: graph.path)
    let inventory = try #require(try source.read())
    #expect(inventory.images.map(\.repoTags) == [["a:1"]])
    #expect(inventory.leftOut.map(\.image) == ["embedded images"])
    #expect(inventory.leftOut.allSatisfy { $0.reason.contains(reason) && $0.path.hasSuffix("/sqlite.db") })
    #expect(try source.read() == nil)
    try graph.folder.remove("storage")
    var other = try ISuladGraph(path: graph.path)
    let error = #expect(throws: SourceError.self) { try other.read() }
    #expect(error?.code == .broken)
  }

  @Test func aDatabaseThatBreaksKeepsItsImages() throws {
    try write { try TestDatabase.add($0, digest: Self.digest("a"), names: ["a:1"]) }
    var source = try ISuladGraph(path: graph.path)
    let first = try #require(try source.read())
    try graph.folder.write(Data(repeating: 7, count: 8192), to: "sqlite.db")
    let second = try #require(try source.read())
    #expect(second.images == first.images)
    #expect(second.leftOut.map(\.reason).allSatisfy { $0.contains("last listed") })
    try graph.folder.remove("sqlite.db")
    try write { try TestDatabase.add($0, digest: Self.digest("b"), names: ["b:1"]) }
    let third = try #require(try source.read())
    #expect(third.images.map(\.repoTags) == [["b:1"]])
    #expect(third.leftOut == [])
  }

  @Test func anotherToolsDatabaseIsSaidToBeSo() throws {
    try TestDatabase.write(graph) { try $0.execute(sql: "CREATE TABLE notes (text)") }
    try graph.write(TestGraph.Parts(names: ["a:1"]))
    var source = try ISuladGraph(path: graph.path)
    let inventory = try #require(try source.read())
    #expect(inventory.images.count == 1)
    #expect(inventory.leftOut.map(\.reason).allSatisfy { $0.contains("not a database of iSulad's") })
    #expect(inventory.leftOut.count == 1)
  }

  @Test func aViewIsNoTable() throws {
    try TestDatabase.write(graph) { database in
      try database.execute(
        sql: """
          CREATE TABLE image_names (image_name TEXT PRIMARY KEY, image_rowid INTEGER);
          CREATE VIEW image_info AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
            SELECT i AS size, i AS config_digest FROM n;
          """)
    }
    var source = try ISuladGraph(path: graph.path)
    #expect(try source.read()?.leftOut.count == 1)
  }

  @Test func aLinkedDatabaseIsNotFollowed() throws {
    try FileManager.default.createSymbolicLink(
      atPath: "\(graph.path)/sqlite.db", withDestinationPath: "/dev/zero")
    var source = try ISuladGraph(path: graph.path)
    #expect(try source.read()?.leftOut.map(\.reason) == ["it is a symbolic link, which is not followed"])
  }

  @Test func aWriteAheadLogIsReadWithoutMakingOne() throws {
    let owner = try OtherProcess(
      """
      import sqlite3, sys
      database = sqlite3.connect(sys.argv[1], isolation_level=None)
      database.execute("PRAGMA journal_mode = WAL")
      database.executescript(sys.argv[2])
      for number, digest in enumerate(sys.argv[3:]):
          database.execute("INSERT INTO image_info VALUES ('embedded', 5, 2, '', '', ?, '', '', '', '', '')", [digest])
          database.execute("INSERT INTO image_names VALUES (?, last_insert_rowid())", ["%d:1" % number])
          print(number, flush=True)
          sys.stdin.readline()
      """, "\(graph.path)/sqlite.db", TestDatabase.schema, Self.digest("a"), Self.digest("b"))
    // The owner is there, and nothing is in the database but what is in the log.
    try owner.expect("0")
    var source = try ISuladGraph(path: graph.path)
    #expect(try source.read()?.images.map(\.repoTags) == [["0:1"]])
    try owner.tell()
    try owner.expect("1")
    #expect(try source.read()?.images.count == 2)
    // A crash leaves the log, but perhaps not its index, which lies in memory.
    for file in ["sqlite.db", "sqlite.db-wal"] {
      try FileManager.default.copyItem(atPath: "\(graph.path)/\(file)", toPath: "\(graph.path)/storage/\(file)")
    }
    try owner.end()
    #expect(try files() == ["sqlite.db", "storage"])
    _ = try source.read()
    #expect(try files() == ["sqlite.db", "storage"])
    var again = try ISuladGraph(path: graph.path)
    #expect(try again.read()?.images.count == 2)
    #expect(try files() == ["sqlite.db", "storage"])

    for file in ["sqlite.db", "sqlite.db-wal"] {
      try? graph.folder.remove(file)
      try FileManager.default.moveItem(atPath: "\(graph.path)/storage/\(file)", toPath: "\(graph.path)/\(file)")
    }
    var crashed = try ISuladGraph(path: graph.path)
    #expect(try crashed.read()?.leftOut.map(\.reason).first?.contains("left behind by a crash") == true)
    #expect(try files() == ["sqlite.db", "sqlite.db-wal", "storage"])
  }

  @Test func aLockedDatabaseIsReadWhenItIsFree() throws {
    try graph.write(TestGraph.Parts(names: ["a:1"]))
    try write { try TestDatabase.add($0, digest: Self.digest("b"), names: ["b:1"]) }
    var source = try ISuladGraph(path: graph.path)
    let all = try #require(try source.read())
    #expect(all.images.count == 2)

    let owner = try OtherProcess(
      """
      import sqlite3, sys
      database = sqlite3.connect(sys.argv[1], isolation_level=None)
      database.execute("BEGIN EXCLUSIVE")
      database.execute("INSERT INTO image_names VALUES ('c:1', 1)")
      print("locked", flush=True)
      sys.stdin.readline()
      database.execute("COMMIT")
      print("free", flush=True)
      sys.stdin.readline()
      """, "\(graph.path)/sqlite.db")
    try owner.expect("locked")
    let before = try files()
    let locked = try #require(try source.read())
    #expect(locked.images == all.images)
    #expect(locked.leftOut.map(\.reason).allSatisfy { $0.contains("locked") && $0.contains("last listed") })
    #expect(locked.leftOut.count == 1)
    #expect(try source.read() == nil)

    // One that was never read lists what else there is.
    var other = try ISuladGraph(path: graph.path)
    #expect(try other.read()?.images.map(\.repoTags) == [["a:1"]])
    #expect(try files() == before)

    try owner.tell()
    try owner.expect("free")
    let free = try #require(try source.read())
    #expect(free.leftOut == [])
    #expect(Set(free.images.map(\.repoTags)) == [["a:1"], ["b:1", "c:1"]])
  }
}
