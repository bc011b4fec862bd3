internal import FileReading
internal import Glibc
internal import ImageAPI

/// The images of one storage driver: `<driver>-images` and `<driver>-layers` in a containers/storage store.
struct StorageDriver: StoreDriver {
  let name: DriverName
  private var images = RecordFile<JSONElements<ImageRecord>>("images.json")
  private var layers: StorageLayers
  private var blobs = StorageBlobs()
  /// What was last found.
  private(set) var inventory = Inventory()
  /// Whether the inventory says what was last read.
  private var isCurrent = false
  /// Whether an image was passed over because it is perhaps still being made.
  private var hasUnfinished = false

  /// The driver `name` of the store at `path`, of which nothing is known yet.
  init(_ name: DriverName, in path: String, _ pool: LayerPool) {
    self.name = name
    layers = StorageLayers(of: LayerPool.Owner(store: path, driver: name), in: pool)
  }

  /// Whether the folder of the images is one of containers/storage, which makes the lock before the list.
  ///
  /// - Throws: ``FileError`` if the operating system does not say.
  static func isStore(_ name: DriverName, in store: Folder) throws(FileError) -> Bool {
    guard let images = try store.subfolder(name.imagesFolder) else { return false }
    for file in ["images.json", "images.lock"] where try images.status(of: file) != nil { return true }
    return false
  }

  /// Reads what may have changed.
  ///
  /// The owner makes an image's layers before its record and removes them after it. So what a list of images that was
  /// the same before and after the rest was read refers to, must be there.
  ///
  /// - Parameters:
  ///   - store: the store's folder.
  ///   - path: of the folder.
  ///   - progress: told of each image that is read.
  /// - Returns: whether the inventory is not as it was.
  /// - Throws: ``SourceError`` if a list cannot be read, which leaves the inventory as it was.
  mutating func update(
    in store: Folder, path: String, reporting progress: ReadingProgress
  ) throws(SourceError) -> Bool {
    let imagesPath = "\(path)/\(name.imagesFolder)"
    let layersPath = "\(path)/\(name.layersFolder)"
    let (imagesFolder, layersFolder) = try folders(in: store, imagesPath, layersPath)
    var isNew = !isCurrent || hasUnfinished
    let haveBlobsChanged = blobs.look(in: imagesFolder)
    let mayBeNew =
      haveBlobsChanged || images.mayHaveChanged(in: imagesFolder) || layers.mayHaveChanged(in: layersFolder)
    guard isNew || mayBeNew else { return false }
    isCurrent = false
    for attempt in 0..<5 {
      // A tool that writes often is given time to be done.
      if attempt > 0 { usleep(useconds_t(5_000 << attempt)) }
      let hasNewImages = try images.update(in: imagesFolder, path: imagesPath) { bytes throws(JSONError) in
        try JSONReader.readElements(bytes, "images.json") { reader throws(JSONError) in try ImageRecord(&reader) }
      }
      let hasNewLayers = try layers.update(in: layersFolder, path: layersPath)
      let hasNewBlobs: Bool
      do {
        hasNewBlobs = try blobs.update(to: images.contents?.good ?? [], in: imagesFolder, reporting: progress)
      } catch {
        throw SourceError(in: imagesPath, error, remedy: "all is read again")
      }
      isNew = isNew || hasNewImages || hasNewLayers || hasNewBlobs
      guard isNew else {
        isCurrent = true
        return false
      }
      guard images.isStill(in: imagesFolder) else { continue }
      isCurrent = true
      let before = inventory
      list(imagesPath, layersPath)
      return !inventory.listsTheSame(as: before)
    }
    throw SourceError("\(imagesPath)/images.json", .changing, remedy: "it is read again")
  }

  private func folders(
    in store: Folder, _ imagesPath: String, _ layersPath: String
  ) throws(SourceError) -> (images: Folder, layers: Folder?) {
    let images: Folder
    do {
      images = try Folder(name.imagesFolder, in: store)
    } catch {
      throw SourceError(imagesPath, error, remedy: "it must hold the images of the store")
    }
    do {
      return (images, try store.folderIfThere(name.layersFolder))
    } catch {
      throw SourceError(layersPath, error, remedy: "it must hold the layers of the store")
    }
  }

  private mutating func list(_ imagesPath: String, _ layersPath: String) {
    inventory = Inventory()
    hasUnfinished = false
    for broken in images.contents?.broken ?? [] {
      inventory.leftOut.append(
        SkippedImage("images[\(broken.position)]", at: "\(imagesPath)/images.json", broken.reason))
    }
    let records = images.contents?.good ?? []
    var owners = NameOwners()
    for (place, record) in records.enumerated() { owners.claim(record.names, for: place) }
    for (place, record) in records.enumerated() {
      guard !record.isList else {
        inventory.passedOver += 1
        continue
      }
      let shown = record.names.first ?? record.id.description
      switch blobs[record.id] {
      case .image(let facts):
        let image = RecordedImage(record, size: nil, user: facts.user, annotations: facts.annotations)
        if facts.id != record.id { inventory.aliases[facts.id] = record.id }
        do throws(ReadingError) {
          inventory.images.append(try layers.listed(image, named: owners.names(record.names, of: place)))
        } catch {
          inventory.leaveOut(shown, at: "\(layersPath)/\(error.file)", error)
        }
      case .failed(let error):
        inventory.leaveOut(shown, at: "\(imagesPath)/\(error.file)", error)
      case nil where images.isSettled:
        inventory.leftOut.append(
          SkippedImage(shown, at: "\(imagesPath)/images.json", "its record has no manifest"))
      case nil: hasUnfinished = true
      case .artifact, .index: inventory.passedOver += 1
      }
    }
  }
}
