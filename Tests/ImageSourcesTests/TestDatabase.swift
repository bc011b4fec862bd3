import Foundation
import GRDB

/// A `sqlite.db` as iSulad writes it.
enum TestDatabase {
  static let schema = """
    CREATE TABLE image_info (image_type TEXT NOT NULL, size REAL NOT NULL, layer_num INTEGER NOT NULL,
      top_chainid TEXT NOT NULL, top_cacheid TEXT NOT NULL, config_digest TEXT NOT NULL UNIQUE,
      config_cacheid TEXT NOT NULL, config_path TEXT NOT NULL, created TEXT NOT NULL, mount_string TEXT NOT NULL,
      config TEXT NOT NULL);
    CREATE TABLE image_names (image_name TEXT PRIMARY KEY NOT NULL, image_rowid INTEGER NOT NULL);
    """

  /// Writes with `body`, and closes the database: it is opened again by what is tested.
  static func write(_ graph: TestGraph, _ body: (Database) throws -> Void) throws {
    let queue = try DatabaseQueue(path: "\(graph.path)/sqlite.db")
    try queue.write(body)
    try queue.close()
  }

  /// Adds a row and gives its number.
  @discardableResult
  static func add(
    _ database: Database, digest: any DatabaseValueConvertible, size: any DatabaseValueConvertible = 1024.0,
    names: [any DatabaseValueConvertible] = []
  ) throws -> Int64 {
    try database.execute(
      sql: """
        INSERT INTO image_info VALUES ('embedded', ?, 2, '', '', ?, '', '/x', '2019-04-02T14:17:46Z', '', '{}')
        """, arguments: [size, digest])
    let row = database.lastInsertedRowID
    for name in names {
      try database.execute(sql: "INSERT INTO image_names VALUES (?, ?)", arguments: [name, row])
    }
    return row
  }
}
