import FileReading
import Foundation
import GRDB
import Testing

@testable import ImageSources

/// SQLite opens by path and follows links: what it opens must be the file whose header was checked.
@Suite struct SQLiteFileTests {
  private let folder: TestFolder
  private let other: TestFolder

  init() throws {
    (folder, other) = (try TestFolder(), try TestFolder())
    for path in [folder.path, other.path] {
      let queue = try DatabaseQueue(path: "\(path)/sqlite.db")
      try queue.write { try $0.execute(sql: "CREATE TABLE secret (x)") }
      try queue.close()
    }
  }

  private func tables(_ file: SQLiteFile) throws(SQLiteError) -> [String] {
    try file.read { try String.fetchAll($0, sql: "SELECT name FROM sqlite_master") }
  }

  @Test(arguments: ["link", "file", "nothing"])
  func whatIsSwappedInIsNotRead(what: String) throws {
    let path = "\(folder.path)/sqlite.db"
    let file = try SQLiteFile("sqlite.db", in: Folder(path: folder.path), path: folder.path)
    #expect(try tables(file) == ["secret"])
    try FileManager.default.moveItem(atPath: path, toPath: "\(path).aside")
    switch what {
    case "link":
      try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "\(other.path)/sqlite.db")
    case "file": try FileManager.default.copyItem(atPath: "\(other.path)/sqlite.db", toPath: path)
    default: break
    }
    let error = try #require(throws: SQLiteError.self) { try tables(file) }
    #expect(error.cause?.isTransient == true, "\(error)")
    try? FileManager.default.removeItem(atPath: path)
    try FileManager.default.moveItem(atPath: "\(path).aside", toPath: path)
    #expect(try tables(file) == ["secret"])
  }

  @Test func aLinkIsNotOpened() throws {
    try folder.remove("sqlite.db")
    try FileManager.default.createSymbolicLink(
      atPath: "\(folder.path)/sqlite.db", withDestinationPath: "\(other.path)/sqlite.db")
    let error = try #require(throws: SQLiteError.self) {
      try SQLiteFile("sqlite.db", in: Folder(path: folder.path), path: folder.path)
    }
    #expect(error.cause == .symbolicLink)
  }
}
