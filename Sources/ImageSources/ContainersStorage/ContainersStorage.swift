internal import FileReading

/// The store of Podman, Buildah and CRI-O, by default `/var/lib/containers/storage`.
///
/// - The images of every storage driver are listed, `<driver>-images/images.json`. The names are those that the images
///   have now, not the former ones, and each comes with the digests of all manifests of the image: its own, and that of
///   the index through which it was pulled.
/// - An image's id is that of its record, as Podman and CRI-O show it. Where layers were pulled in parts it is another than
///   the digest of the configuration, which finds the image too. Manifest and configuration are checked against their
///   digests.
/// - A name in two records is that of the later one, as it is when Podman reads them.
/// - The size is that which Podman reports: the layers uncompressed and all the big data, a manifest that is kept under
///   two names twice. Podman measures a layer whose size is not recorded; here it counts as nothing.
/// - Lists of manifests, as `buildah manifest` makes them, and artifacts are no images and are passed over, and counted. An
///   image that its owner has only begun to record is passed over as well.
/// - An image whose layers are missing or their own ancestors is left out, with the reason. Layers are looked for in every
///   store that the worker reads, as an image may lie on those of an additional image store.
/// - A folder of images that was a store and has lost its `images.lock`, which the owner never removes, is an error: the
///   folder is perhaps on a disk that is not mounted. So is a store of which no driver is left.
///
/// Nothing is ever written, no lock is taken, and no symbolic link below the folder is followed. A list that is
/// half-written, or replaced while what it refers to is read, is read again.
package struct ContainersStorage: ImageSource {
  /// Where the store of root is.
  package static let defaultPath = "/var/lib/containers/storage"

  /// `containers-storage:` and the path as it was given.
  package var name: String { "containers-storage:\(path)" }

  private let path: String
  private let layers: LayerPool
  private var drivers: [StorageDriver] = []
  /// Whether something is known that no inventory has told of: at first, everything.
  private var isChanged = true

  /// Opens the store in the folder `path`.
  ///
  /// - Parameters:
  ///   - path: The folder.
  ///   - layers: Those of all stores that this one may lie on.
  /// - Throws: ``SourceError`` if there is no store, with a word on what the folder looks like instead.
  package init(path: String, layers: LayerPool = LayerPool()) throws(SourceError) {
    self.path = path
    self.layers = layers
    do {
      _ = try Self.open(path)
    } catch {
      guard error.mayPass else { throw error }
    }
  }

  /// The images, or nil if nothing has changed.
  ///
  /// - Throws: ``SourceError`` if the folder, or a driver's list of images or layers, cannot be read or makes no sense.
  package mutating func read(reporting progress: ReadingProgress) throws(SourceError) -> Inventory? {
    let (store, names) = try Self.open(path)
    for name in drivers.map(\.name) where !names.contains(name) { try checkRemoval(of: name, from: store) }
    if drivers.follow(names, makingNew: { StorageDriver($0, in: path, layers) }) { isChanged = true }
    for index in drivers.indices where try drivers[index].update(in: store, path: path, reporting: progress) {
      isChanged = true
    }
    guard isChanged else { return nil }
    isChanged = false
    return drivers.reduce(into: Inventory()) { $0.add($1.inventory) }
  }

  /// Checks that the folder of a driver's images, which is no store any more, is gone altogether.
  private func checkRemoval(of driver: DriverName, from store: Folder) throws(SourceError) {
    let folder = "\(path)/\(driver.imagesFolder)"
    do {
      guard try store.status(of: driver.imagesFolder) != nil else { return }
    } catch {
      throw SourceError(folder, error, remedy: "it must hold the images of the store")
    }
    throw SourceError(
      .missing, "\(folder) has neither images.json nor images.lock any more: mount the disk that they are on")
  }

  private static func open(_ path: String) throws(SourceError) -> (store: Folder, drivers: [DriverName]) {
    let looks: String
    do throws(FileError) {
      let store = try Folder(path: path)
      var drivers: [DriverName] = []
      for name in try DriverName.all(in: store) where try StorageDriver.isStore(name, in: store) {
        drivers.append(name)
      }
      if !drivers.isEmpty { return (store, drivers) }
      looks = try OtherStore.looks(store, path: path) ?? "has no folder such as overlay-images with an images.json"
    } catch {
      throw SourceError(
        path, error, remedy: "name the folder that Podman calls its graphRoot, such as \(defaultPath)")
    }
    throw SourceError(.wrongKind, "\(path) is not a store of containers/storage: it \(looks)")
  }
}
