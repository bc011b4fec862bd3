internal import FileReading
internal import FoundationEssentials
internal import GRDB
internal import GRDBSQLite
internal import Glibc

/// An SQLite database of another program, read without writing a byte beside it.
struct SQLiteFile {
  /// How long a program that writes the database is waited for, in seconds. Writing takes milliseconds.
  private static let busyTimeout: TimeInterval = 0.25
  /// Bytes of the header, two of which tell the way of writing: 1 for a journal, 2 for a write-ahead log.
  private static let headerSize = 20

  private let folder: Folder
  private let name: String
  private let path: String
  /// The file whose header was read.
  private let checked: FileFingerprint
  private let parameters: String
  /// Whether SQLite keeps writers away while it reads. If not, what is read counts only if nothing was written meanwhile.
  let isUnderLocks: Bool

  /// Decides how to open the database `name` in `folder`, whose path is `path`.
  ///
  /// A database with a journal is read under SQLite's locks. One with a write-ahead log is another matter: SQLite makes the log
  /// and its index anew where they are missing, even for a reader, so a log that its owner has closed is not asked
  /// for, and the index of one that is open is not written.
  ///
  /// - Throws: ``SQLiteError`` if it cannot be read in either way.
  init(_ name: String, in folder: Folder, path: String) throws(SQLiteError) {
    self.folder = folder
    self.name = name
    self.path = "\(path)/\(name)"
    let header: [UInt8]
    let log: FileFingerprint?
    let hasLogIndex: Bool
    do {
      let file = try OpenFile(name, in: folder)
      checked = file.fingerprint
      header = try file.prefix(Self.headerSize)
      log = try folder.fingerprint(of: "\(name)-wal")
      hasLogIndex = try folder.fingerprint(of: "\(name)-shm") != nil
    } catch {
      throw SQLiteError(error)
    }
    let usesLog = header.count == Self.headerSize && (header[18] == 2 || header[19] == 2)
    isUnderLocks = !usesLog || (log?.size ?? 0) > 0
    if !usesLog {
      parameters = "mode=ro"
    } else if (log?.size ?? 0) == 0 {
      parameters = "mode=ro&immutable=1"
    } else if hasLogIndex {
      parameters = "mode=ro&readonly_shm=1"
    } else {
      throw SQLiteError("it has a write-ahead log that was left behind by a crash: start its owner once to recover it")
    }
  }

  /// Reads with `body`, which sees one state of the database.
  ///
  /// - Throws: ``SQLiteError``.
  func read<Value>(_ body: (Database) throws -> Value) throws(SQLiteError) -> Value {
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(Self.busyTimeout)
    configuration.prepareDatabase { database in
      // The schema is whatever the file says: it may call no function that does anything.
      try database.execute(sql: "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
    }
    do {
      let queue = try DatabaseQueue(path: uri, configuration: configuration)
      defer { try? queue.close() }
      return try queue.read { database in
        try checkIdentity(of: database)
        return try body(database)
      }
    } catch let error as SQLiteError {
      throw error
    } catch let error as DatabaseError {
      throw SQLiteError(error)
    } catch {
      throw SQLiteError("it cannot be read: \(error)")
    }
  }

  /// Checks that SQLite, which opens by path and follows links, has opened the file whose header was read: that is at the
  /// path, is no link, and what SQLite has open is what the path leads to.
  private func checkIdentity(of database: Database) throws {
    var hasMoved: CInt = 0
    let result = sqlite3_file_control(database.sqliteConnection, "main", SQLITE_FCNTL_HAS_MOVED, &hasMoved)
    let now: FileFingerprint?
    do throws(FileError) {
      now = try folder.fingerprint(of: name)
    } catch {
      throw SQLiteError(error)
    }
    guard result == SQLITE_OK, hasMoved == 0, now?.inode == checked.inode, now?.device == checked.device else {
      throw SQLiteError("another file was put in its place while it was opened", cause: .changing)
    }
  }

  private var uri: String {
    let plain = Set("/-._~".utf8)
    let encoded = path.utf8.map { byte in
      let isPlain =
        plain.contains(byte) || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
        || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
      guard !isPlain else { return String(UnicodeScalar(byte)) }
      return "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
    }
    // Two slashes would begin the name of a host.
    return "file:" + (path.hasPrefix("//") ? "//" : "") + encoded.joined() + "?" + parameters
  }
}
