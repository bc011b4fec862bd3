internal import Diagnostics
internal import GRDB
internal import ImageAPI

/// The embedded images that iSulad has loaded, from the tables `image_info` and `image_names` of its `sqlite.db`.
///
/// iSulad's documentation of ListImages has two restrictions for them: the id shown is the configuration's digest, and
/// no digest is shown.
struct EmbeddedRows: Sendable, Hashable {
  private(set) var images: [Image] = []
  /// Rows that are no image, and names of none.
  private(set) var leftOut: [SkippedImage] = []

  /// A row, and the names that point at it.
  private struct Row {
    let id: Digest
    let size: UInt64
    var names: [String] = []
  }

  /// Reads the tables.
  ///
  /// - Parameters:
  ///   - database: what to read.
  ///   - path: of the database's file, for what is left out.
  /// - Throws: `DatabaseError`, or ``SQLiteError`` if the tables are not there or have too many rows.
  init(_ database: Database, path: String) throws {
    // A view of that name could compute for ever.
    let tables = try String.fetchSet(database, sql: "SELECT name FROM sqlite_master WHERE type = 'table'")
    guard tables.isSuperset(of: ["image_info", "image_names"]) else {
      // iSulad makes the file before the tables.
      if tables.isEmpty { return }
      throw SQLiteError("it has no tables image_info and image_names: it is not a database of iSulad's")
    }
    var rows: [Int64: Row] = [:]
    try readRows(database, path, &rows)
    try readNames(database, path, &rows)
    // In the order of the rows: one table must not look like two.
    images = rows.sorted { $0.key < $1.key }.map { _, row in
      Image(id: row.id, repoTags: row.names, size: row.size)
    }
  }

  private mutating func readRows(_ database: Database, _ path: String, _ rows: inout [Int64: Row]) throws {
    let limit = ISuladLimits.databaseRows
    let cursor = try GRDB.Row.fetchCursor(
      database,
      sql: "SELECT rowid, size, substr(CAST(config_digest AS BLOB), 1, 100) FROM image_info ORDER BY rowid LIMIT ?",
      arguments: [limit + 1])
    var count = 0
    while let row = try cursor.next() {
      count += 1
      guard count <= limit else { throw Self.tooMany("image_info") }
      let number: Int64 = row[0]
      func leaveOut(_ reason: String) {
        leftOut.append(SkippedImage("row \(number) of image_info", at: path, reason))
      }
      let text = Self.text(row[2])
      guard let text, text.hasPrefix("sha256:"), let id = Digest(text) else {
        let shown = text.map(quoted) ?? "that is no text"
        leaveOut("its config_digest \(shown) is not sha256: and 64 lower-case hexadecimal digits")
        continue
      }
      guard let size = Self.size(row[1]) else {
        leaveOut("its size \(row[1] as DatabaseValue) is not a number of bytes")
        continue
      }
      rows[number] = Row(id: id, size: size)
    }
  }

  private mutating func readNames(_ database: Database, _ path: String, _ rows: inout [Int64: Row]) throws {
    let limit = ISuladLimits.databaseRows
    let known = Set(rows.keys)
    let cursor = try GRDB.Row.fetchCursor(
      database,
      sql: """
        SELECT substr(CAST(image_name AS BLOB), 1, \(StoredName.maximumLength + 1)), image_rowid,
          EXISTS (SELECT 1 FROM image_info WHERE image_info.rowid = image_names.image_rowid)
        FROM image_names ORDER BY image_name LIMIT ?
        """, arguments: [limit + 1])
    var count = 0
    while let row = try cursor.next() {
      count += 1
      guard count <= limit else { throw Self.tooMany("image_names") }
      func leaveOut(_ name: String, _ reason: String) {
        leftOut.append(SkippedImage(name, at: path, reason))
      }
      guard let text = Self.text(row[0]), !text.isEmpty else {
        leaveOut("a name in image_names", "its name is empty or not UTF-8")
        continue
      }
      let name: String
      do throws(JSONError) {
        name = try StoredName.checked(text)
      } catch {
        leaveOut("a name in image_names", error.reason)
        continue
      }
      guard row[2] as Bool, let number = Int64.fromDatabaseValue(row[1]) else {
        leaveOut(name, "no row of image_info has the number \(row[1] as DatabaseValue), at which its name points")
        continue
      }
      // A row that is left out itself has been told of.
      if known.contains(number) { rows[number]?.names.append(name) }
    }
  }

  private static func text(_ value: DatabaseValue) -> String? {
    guard case .blob(let data) = value.storage else { return nil }
    return String(validating: data, as: UTF8.self)
  }

  /// Sizes are REAL in the table; bytes are whole, and fit in 64 bits.
  private static func size(_ value: DatabaseValue) -> UInt64? {
    switch value.storage {
    case .int64(let bytes): UInt64(exactly: bytes)
    case .double(let bytes): UInt64(exactly: bytes.rounded(.down))
    default: nil
    }
  }

  private static func tooMany(_ table: String) -> SQLiteError {
    SQLiteError("it has more than \(ISuladLimits.databaseRows) rows in \(table)")
  }
}
