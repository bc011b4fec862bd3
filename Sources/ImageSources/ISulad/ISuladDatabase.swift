internal import FileReading
internal import ImageAPI

/// An iSulad graph's `sqlite.db`, which lists the embedded images, as it was last read.
struct ISuladDatabase: Sendable {
  /// The file in the graph's folder.
  static let file = "sqlite.db"
  /// What SQLite keeps beside the file: its journal, and its write-ahead log.
  private static let companions = ["\(file)-journal", "\(file)-wal"]

  private var database = RememberedFile<EmbeddedRows?>()

  /// What was last read without an error; nil before, and if there is no database.
  var rows: EmbeddedRows? { database.value ?? nil }
  /// Why what is there now cannot be read.
  var error: ReadingError? { database.error }

  /// Reads the database if it may have changed. One that is gone lists no images.
  ///
  /// - Parameters:
  ///   - graph: iSulad's folder.
  ///   - path: of the folder.
  /// - Returns: whether the images or the error are not as they were.
  /// - Throws: ``ReadingError`` if this process or the machine is out of descriptors or memory.
  mutating func update(in graph: Folder, path: String) throws(ReadingError) -> Bool {
    let mayHaveChanged = database.mayHaveChanged(Self.file) { file throws(FileError) in
      try graph.fingerprint(of: file)
    }
    guard mayHaveChanged else { return false }
    let before = (rows, error?.reason)
    // What was last read stands whatever happens: the images are still loaded.
    try database.update(keepingValue: { _, _ in true }) { _, others throws(ReadingError) in
      try Self.read(graph, path, &others)
    }
    return before != (rows, error?.reason)
  }

  /// Reads all of it. What SQLite reads without locks is read again if a program has written it meanwhile.
  private static func read(
    _ graph: Folder, _ path: String, _ others: inout [String: FileWatch]
  ) throws(ReadingError) -> (EmbeddedRows?, FileWatch) {
    var problem = SQLiteError(.changing)
    var watch = FileWatch(unsettled: nil)
    do throws(SQLiteError) {
      for _ in 0..<3 {
        let opened = FileFingerprint.now()
        let before = try fingerprints(in: graph)
        watch = FileWatch(before[file] ?? nil, opened: opened)
        for name in companions { others[name] = FileWatch(before[name] ?? nil, opened: opened) }
        guard let size = watch.fingerprint?.size else { return (nil, watch) }
        guard size <= ISuladLimits.databaseSize else {
          throw SQLiteError("it has \(size) bytes, more than the limit of \(ISuladLimits.databaseSize)")
        }
        do throws(SQLiteError) {
          let database = try SQLiteFile(file, in: graph, path: path)
          let rows = try database.read { try EmbeddedRows($0, path: "\(path)/\(file)") }
          if database.isUnderLocks { return (rows, watch) }
          if try fingerprints(in: graph) == before { return (rows, watch) }
          problem = SQLiteError(.changing)
        } catch {
          if error.cause != nil { throw error }
          if try fingerprints(in: graph) == before { throw error }
          problem = error
        }
      }
      throw problem
    } catch {
      let cause = error.cause
      throw ReadingError(
        file, error.reason, watch: cause.map { watch.retrying(after: $0) } ?? watch, cause: cause)
    }
  }

  private static func fingerprints(in graph: Folder) throws(SQLiteError) -> [String: FileFingerprint?] {
    var found: [String: FileFingerprint?] = [:]
    do {
      for name in [file] + companions { found[name] = try graph.fingerprint(of: name) }
    } catch {
      throw SQLiteError(error)
    }
    return found
  }

  /// Adds the embedded images, and what is wrong with the database in the folder `path`.
  func list(into inventory: inout Inventory, path: String) {
    inventory.images += rows?.images ?? []
    inventory.leftOut += rows?.leftOut ?? []
    if let error {
      let rest = rows == nil ? "" : "; those that it last listed are listed still"
      inventory.leftOut.append(SkippedImage("embedded images", at: "\(path)/\(Self.file)", error.reason + rest))
    }
  }
}
