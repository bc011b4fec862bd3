internal import FileReading
internal import FoundationEssentials
internal import GRDB

/// An SQLite database of another program, read without writing a byte beside it.
struct SQLiteFile {
  /// Why a database could not be read.
  struct Problem: Error, Sendable, Hashable {
    /// A clause that goes on from the file's name.
    let reason: String
    /// Whether it may be gone without a sign on the file.
    let isLock: Bool
  }

  /// How long a program that writes the database is waited for, in seconds. Writing takes milliseconds.
  private static let patience: TimeInterval = 0.25
  /// Bytes of the header, two of which tell the way of writing: 1 for a journal, 2 for a write-ahead log.
  private static let headerSize = 20

  private let path: String
  private let parameters: String
  /// Whether SQLite keeps writers away while it reads. If not, what is read counts only if nothing was written meanwhile.
  let isUnderLocks: Bool

  /// Decides how to open the database `name` in `folder`, whose path is `path`.
  ///
  /// A database with a journal is read under SQLite's locks. One with a write-ahead log is another matter: SQLite makes the log
  /// and its index anew where they are missing, even for a reader, so a log that its owner has closed is not asked
  /// for, and the index of one that is open is not written.
  ///
  /// - Throws: ``Problem`` if it cannot be read in either way.
  init(_ name: String, in folder: Folder, path: String) throws(Problem) {
    self.path = "\(path)/\(name)"
    let header: [UInt8]
    do throws(FileError) {
      header = try folder.prefix(of: name, count: Self.headerSize)
    } catch {
      throw Problem(reason: error.reason, isLock: false)
    }
    let usesLog = header.count == Self.headerSize && (header[18] == 2 || header[19] == 2)
    let log = folder.stamp("\(name)-wal")
    isUnderLocks = !usesLog || (log?.size ?? 0) > 0
    if !usesLog {
      parameters = "mode=ro"
    } else if (log?.size ?? 0) == 0 {
      parameters = "mode=ro&immutable=1"
    } else if folder.stamp("\(name)-shm") != nil {
      parameters = "mode=ro&readonly_shm=1"
    } else {
      throw Problem(
        reason: "has a write-ahead log that was left behind by a crash: start its owner once to recover it",
        isLock: false)
    }
  }

  /// Reads with `body`, which sees one state of the database.
  ///
  /// - Throws: ``Problem``.
  func read<Value>(_ body: (Database) throws -> Value) throws(Problem) -> Value {
    var configuration = Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(Self.patience)
    configuration.prepareDatabase { database in
      // The schema is whatever the file says: it may call no function that does anything.
      try database.execute(sql: "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
    }
    do {
      let queue = try DatabaseQueue(path: uri, configuration: configuration)
      defer { try? queue.close() }
      return try queue.read(body)
    } catch let problem as Problem {
      throw problem
    } catch let error as DatabaseError {
      throw Self.problem(error)
    } catch {
      throw Problem(reason: "cannot be read: \(error)", isLock: false)
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

  private static func problem(_ error: DatabaseError) -> Problem {
    let message = error.message ?? "error \(error.resultCode.rawValue)"
    return switch error.resultCode {
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      Problem(reason: "is locked by the program that writes it", isLock: true)
    case .SQLITE_CORRUPT, .SQLITE_NOTADB:
      Problem(reason: "is no SQLite database, or a broken one: \(message)", isLock: false)
    case .SQLITE_READONLY:
      Problem(
        reason: "has a journal that was left behind by a crash: start its owner once to recover it", isLock: true)
    default: Problem(reason: "cannot be read: \(message)", isLock: true)
    }
  }
}
