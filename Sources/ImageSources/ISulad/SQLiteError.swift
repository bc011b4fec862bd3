internal import FileReading
internal import GRDB

/// Why a database could not be read.
struct SQLiteError: Error, Sendable, Hashable {
  /// What is wrong, in a clause.
  let reason: String
  /// Nil if the contents are wrong.
  let cause: FileError?

  init(_ reason: String, cause: FileError? = nil) {
    self.reason = reason
    self.cause = cause
  }

  /// What the operating system said of the file.
  init(_ cause: FileError) {
    self.init("it \(cause.reason)", cause: cause)
  }

  /// What SQLite said.
  init(_ error: DatabaseError) {
    let message = error.message ?? "error \(error.resultCode.rawValue)"
    switch error.resultCode {
    // A lock is given back without a sign on the file.
    case .SQLITE_BUSY, .SQLITE_LOCKED: self.init("it is locked by the program that writes it", cause: .changing)
    case .SQLITE_READONLY:
      self.init(
        "it has a journal that was left behind by a crash: start its owner once to recover it", cause: .changing)
    case .SQLITE_CORRUPT, .SQLITE_NOTADB: self.init("it is no SQLite database, or a broken one: \(message)")
    case .SQLITE_NOMEM: self.init(.outOfMemory)
    default: self.init("it cannot be read: \(message)", cause: .inputOutput)
    }
  }
}
