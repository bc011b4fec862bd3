internal import FileReading
internal import ImageAPI

/// An iSulad graph's `sqlite.db`, which lists the embedded images, as it was last read.
struct ISuladDatabase: Sendable {
  /// The file in the graph's folder.
  static let file = "sqlite.db"

  /// What was last read without an error; nil before.
  private(set) var rows: EmbeddedRows?
  /// Why what is there now cannot be read.
  private(set) var problem: SQLiteFile.Problem?
  private var watches: [FileWatch]?

  /// Whether there is a database in the folder `graph`.
  static func isThere(in graph: Folder) -> Bool { graph.stamp(file) != nil }

  /// Reads the database if it may have changed. One that is gone lists no images.
  ///
  /// - Parameters:
  ///   - graph: iSulad's folder.
  ///   - path: of the folder.
  /// - Returns: whether the images or the error are not as they were.
  mutating func update(in graph: Folder, path: String) -> Bool {
    let now = stamps(in: graph)
    if let watches, zip(watches, now).allSatisfy({ !$0.mayHaveChanged(to: $1) }), !(problem?.isLock ?? false) {
      return false
    }
    let before = (rows, problem)
    guard let size = now[0]?.size else {
      self = ISuladDatabase()
      watches = now.map { FileWatch($0, opened: 0) }
      return before.0 != nil || before.1 != nil
    }
    do throws(SQLiteFile.Problem) {
      guard size <= ISuladLimits.databaseSize else {
        let limit = ISuladLimits.databaseSize
        throw SQLiteFile.Problem(reason: "has \(size) bytes, more than the limit of \(limit)", isLock: false)
      }
      rows = try read(graph, path)
      problem = nil
    } catch {
      problem = error
    }
    return before != (rows, problem)
  }

  /// Reads all of it. What SQLite reads without locks is read again if a program has written it meanwhile.
  private mutating func read(_ graph: Folder, _ path: String) throws(SQLiteFile.Problem) -> EmbeddedRows {
    var last: SQLiteFile.Problem?
    for _ in 0..<3 {
      let opened = FileFingerprint.now()
      let before = stamps(in: graph)
      watches = before.map { FileWatch($0, opened: opened) }
      do throws(SQLiteFile.Problem) {
        let file = try SQLiteFile(Self.file, in: graph, path: path)
        let rows = try file.read { try EmbeddedRows($0, path: "\(path)/\(Self.file)") }
        if file.isUnderLocks || stamps(in: graph) == before { return rows }
        last = nil
      } catch {
        if error.isLock { throw error }
        last = error
        if stamps(in: graph) == before { throw error }
      }
    }
    throw last ?? SQLiteFile.Problem(reason: "is being written to", isLock: true)
  }

  /// Of the database, its journal, and its write-ahead log.
  private func stamps(in graph: Folder) -> [FileFingerprint?] {
    ["", "-journal", "-wal"].map { graph.stamp(Self.file + $0) }
  }

  /// Adds the embedded images, and what is wrong with the database in the folder `path`.
  func list(into inventory: inout Inventory, path: String) {
    inventory.images += rows?.images ?? []
    inventory.leftOut += rows?.leftOut ?? []
    if let problem {
      let rest = rows == nil ? "" : "; those that it last listed are listed still"
      inventory.leftOut.append(
        SkippedImage(image: "embedded images", path: "\(path)/\(Self.file)", reason: "it \(problem.reason)\(rest)"))
    }
  }
}
