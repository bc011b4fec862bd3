internal import FileReading

/// The graph of iSulad, by default `/var/lib/isulad`: the images of its OCI store and its embedded images, in one list.
///
/// - The OCI store is `storage/<driver>-images/<id>/images.json`, one file for each image. The names are listed as they
///   are stored, which is short (`busybox:latest`). If there is more than one driver, the images of all are listed.
/// - An image's id is the digest of its configuration, which is checked, and from which the user comes. Its size is the
///   one that iSulad has counted, and where it has not, the layers uncompressed and the big data beside `images.json`.
/// - The embedded images are those of `sqlite.db`. Their id is the configuration's digest, their tags are exactly the
///   stored names; they have no digest, no user.
/// - An image whose layers are missing or their own ancestors is left out, with the reason.
///
/// Nothing is ever written, no lock of SQLite held for longer than a read. No symbolic link below the folder is followed.
/// A file that iSulad is writing is read again; while it makes no sense, what was last found in it is listed, for two
/// seconds.
package struct ISuladGraph: ImageSource {
  /// Where iSulad keeps its graph if it is not told otherwise.
  package static let defaultPath = "/var/lib/isulad"

  /// `isulad:` and the path as it was given.
  package var name: String { "isulad:\(path)" }

  private let path: String
  private var database = ISuladDatabase()
  private var drivers: [ISuladDriver] = []
  /// Whether something is known that no inventory has told of: at first, everything.
  private var isChanged = true

  /// Opens the graph in the folder `path`.
  ///
  /// - Throws: ``SourceError`` if there is no graph, with a word on what the folder looks like instead.
  package init(path: String) throws(SourceError) {
    self.path = path
    let graph = try Self.open(path)
    guard let storage = try Self.openStorage(in: graph, path) else { return }
    guard !OtherStore.isContainersStorage(storage) else { throw Self.wrongKind(graph, path) }
  }

  /// The images, or nil if nothing has changed.
  ///
  /// A database that cannot be read hides no images but those that only it lists: it is among what is left out, and the
  /// embedded images that it last listed are listed still.
  ///
  /// - Throws: ``SourceError`` if the folder cannot be read, or has nothing but a database that never could.
  package mutating func read(reporting progress: ReadingProgress) throws(SourceError) -> Inventory? {
    let graph = try Self.open(path)
    let storage = try Self.openStorage(in: graph, path)
    if database.update(in: graph, path: path) { isChanged = true }
    if storage == nil, database.rows == nil, let problem = database.problem {
      throw SourceError(
        problem.isLock ? .unreadable : .broken, "\(path)/\(ISuladDatabase.file) \(problem.reason)")
    }
    if let storage {
      try updateDrivers(in: storage, progress)
    } else if !drivers.isEmpty {
      drivers = []
      isChanged = true
    }
    guard isChanged else { return nil }
    isChanged = false
    return inventory()
  }

  private mutating func updateDrivers(in storage: Folder, _ progress: ReadingProgress) throws(SourceError) {
    let remedy = "it must hold the images of iSulad"
    do {
      if try drivers.follow(DriverName.all(in: storage)) { isChanged = true }
    } catch {
      throw SourceError("\(path)/storage", error, remedy: remedy)
    }
    for index in drivers.indices {
      do throws(FileError) {
        if try drivers[index].update(in: storage, reporting: progress) { isChanged = true }
      } catch {
        throw SourceError("\(path)/storage/\(drivers[index].name.imagesFolder)", error, remedy: remedy)
      }
    }
  }

  private func inventory() -> Inventory {
    var inventory = Inventory()
    for driver in drivers { driver.list(into: &inventory, path: "\(path)/storage") }
    database.list(into: &inventory, path: path)
    inventory.uniteImages()
    return inventory
  }

  private static func open(_ path: String) throws(SourceError) -> Folder {
    let graph: Folder
    do {
      graph = try Folder(path: path)
    } catch {
      throw SourceError(path, error, remedy: "name the folder that iSulad calls its graph, such as \(defaultPath)")
    }
    guard graph.stamp("storage") != nil || ISuladDatabase.isThere(in: graph) else { throw wrongKind(graph, path) }
    return graph
  }

  private static func openStorage(in graph: Folder, _ path: String) throws(SourceError) -> Folder? {
    do throws(FileError) {
      return try Folder("storage", in: graph)
    } catch {
      if error == .missing { return nil }
      throw SourceError("\(path)/storage", error, remedy: "it must hold the images of iSulad")
    }
  }

  private static func wrongKind(_ graph: Folder, _ path: String) -> SourceError {
    let looks = OtherStore.looks(graph, path: path) ?? "has neither storage nor sqlite.db"
    return SourceError(.wrongKind, "\(path) is not the graph of iSulad: it \(looks)")
  }
}
