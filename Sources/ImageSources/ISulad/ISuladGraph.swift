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
/// - iSulad makes the folders `<driver>-images` and `<driver>-layers` when it is first started and never removes them. So a
///   folder `storage` without any is an error: it is perhaps on a disk that is not mounted. So are a `storage` that is gone
///   after it was read, and a folder of images that has become empty and is on another disk than before.
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
    do throws(SourceError) {
      let graph = try Self.open(path)
      guard let storage = try Self.openStorage(in: graph, path) else { return }
      do throws(FileError) {
        guard try OtherStore.isContainersStorage(storage) else { return }
      } catch {
        throw SourceError("\(path)/storage", error, remedy: Self.remedy)
      }
      throw try Self.wrongKind(graph, path)
    } catch {
      guard error.mayPass else { throw error }
    }
  }

  /// The images, or nil if nothing has changed.
  ///
  /// A database that cannot be read hides no images but those that only it lists: it is among what is left out, and the
  /// embedded images that it last listed are listed still.
  ///
  /// - Throws: ``SourceError`` if the folder cannot be read, or has nothing but a database that cannot.
  package mutating func read(reporting progress: ReadingProgress) throws(SourceError) -> Inventory? {
    let graph = try Self.open(path)
    let storage = try Self.openStorage(in: graph, path)
    do {
      if try database.update(in: graph, path: path) { isChanged = true }
    } catch {
      throw SourceError(in: path, error, remedy: "all is read again")
    }
    if storage == nil, let error = database.error, database.rows == nil || error.isTransient {
      throw SourceError(in: path, error, remedy: "it must list the embedded images of iSulad")
    }
    if let storage {
      try updateDrivers(in: storage, progress)
    } else if !drivers.isEmpty {
      throw SourceError("\(path)/storage", .missing, remedy: Self.mount)
    }
    guard isChanged else { return nil }
    isChanged = false
    return inventory()
  }

  private mutating func updateDrivers(in storage: Folder, _ progress: ReadingProgress) throws(SourceError) {
    let names: [DriverName]
    do {
      names = try DriverName.all(in: storage)
    } catch {
      throw SourceError("\(path)/storage", error, remedy: Self.remedy)
    }
    guard !names.isEmpty else {
      throw SourceError(.missing, "\(path)/storage has no folder such as overlay-images: \(Self.mount)")
    }
    if drivers.follow(names, makingNew: ISuladDriver.init) { isChanged = true }
    for index in drivers.indices {
      do {
        if try drivers[index].update(in: storage, reporting: progress) { isChanged = true }
      } catch {
        // Some of it may have been read.
        isChanged = true
        throw SourceError(in: "\(path)/storage", error, remedy: error.cause == .missing ? Self.mount : Self.remedy)
      }
    }
  }

  private func inventory() -> Inventory {
    var inventory = Inventory()
    for driver in drivers { driver.list(into: &inventory, path: "\(path)/storage") }
    database.list(into: &inventory, path: path)
    return inventory
  }

  private static let remedy = "it must hold the images of iSulad"
  private static let mount = "mount the disk that iSulad's images are on, or start iSulad once"

  private static func open(_ path: String) throws(SourceError) -> Folder {
    let graph: Folder
    var isGraph = false
    do {
      graph = try Folder(path: path)
      for name in ["storage", ISuladDatabase.file] where !isGraph { isGraph = try graph.status(of: name) != nil }
    } catch {
      throw SourceError(path, error, remedy: "name the folder that iSulad calls its graph, such as \(defaultPath)")
    }
    guard isGraph else { throw try wrongKind(graph, path) }
    return graph
  }

  private static func openStorage(in graph: Folder, _ path: String) throws(SourceError) -> Folder? {
    do {
      return try graph.folderIfThere("storage")
    } catch {
      throw SourceError("\(path)/storage", error, remedy: remedy)
    }
  }

  private static func wrongKind(_ graph: Folder, _ path: String) throws(SourceError) -> SourceError {
    let looks: String
    do {
      looks = try OtherStore.looks(graph, path: path) ?? "has neither storage nor \(ISuladDatabase.file)"
    } catch {
      throw SourceError(path, error, remedy: remedy)
    }
    return SourceError(.wrongKind, "\(path) is not the graph of iSulad: it \(looks)")
  }
}
