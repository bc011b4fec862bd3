internal import Concurrency
internal import FileReading
internal import ImageAPI

/// The images of one storage driver: `<driver>-images` and `<driver>-layers` in an iSulad graph's `storage`.
struct ISuladDriver: StoreDriver {
  let name: DriverName
  /// Of the folder of the images; nil before the first reading.
  private var imagesWatch: FileWatch?
  /// Of the folder of the layers.
  private var layersWatch: FileWatch?
  private var ids: [Digest] = []
  private var files: [Digest: ISuladImageFile] = [:]
  private var layers = ISuladLayers()

  init(_ name: DriverName) {
    self.name = name
  }

  /// Reads what may have changed.
  ///
  /// - Parameters:
  ///   - storage: iSulad's folder `storage`.
  ///   - progress: told of each image that is read.
  /// - Returns: whether anything is not as it was.
  /// - Throws: ``ReadingError`` if a folder cannot be read, or this process or the machine is out of descriptors or memory.
  mutating func update(in storage: Folder, reporting progress: ReadingProgress) throws(ReadingError) -> Bool {
    let opened = FileFingerprint.now()
    let images: Folder
    var isChanged = imagesWatch == nil
    var isUnmounted = false
    do throws(FileError) {
      images = try Folder(name.imagesFolder, in: storage)
      let now = try images.ownFingerprint()
      if imagesWatch?.mayHaveChanged(to: now) ?? true {
        // Only folders named by 64 digits are images. Others, such as lock files, are iSulad's own business.
        let found = try images.entries(limit: RecordLimits.folderEntries).compactMap { entry in
          entry.name.utf8.count == 64 ? Digest(entry.name) : nil
        }.sorted()
        isUnmounted = found.isEmpty && !ids.isEmpty && now.device != imagesWatch?.fingerprint?.device
        if found != ids, !isUnmounted {
          ids = found
          let there = Set(found)
          files = files.filter { there.contains($0.key) }
          isChanged = true
        }
      }
      if !isUnmounted { imagesWatch = FileWatch(now, opened: opened) }
    } catch {
      throw ReadingError(name.imagesFolder, "it \(error.reason)", cause: error)
    }
    guard !isUnmounted else {
      throw ReadingError(name.imagesFolder, "it is empty, and on another disk than before", cause: .missing)
    }

    let stale = ids.map { files[$0] ?? ISuladImageFile($0) }.filter { $0.mayHaveChanged(in: images) }
    progress.expect(stale.count)
    let read = parallelMap(stale) { file in
      defer { progress.advance() }
      return Result { () throws(ReadingError) in try file.updated(in: images) }
    }
    for result in read {
      let file = try result.get()
      isChanged = isChanged || !file.saysTheSame(as: files[file.id])
      files[file.id] = file
    }
    return try updateLayers(in: storage, isChanged: isChanged, opened: opened) || isChanged
  }

  private mutating func updateLayers(
    in storage: Folder, isChanged: Bool, opened: Int64
  ) throws(ReadingError) -> Bool {
    let folder: Folder?
    let now: FileFingerprint?
    do {
      folder = try storage.folderIfThere(name.layersFolder)
      now = try folder?.ownFingerprint()
    } catch {
      throw ReadingError(name.layersFolder, "it \(error.reason)", cause: error)
    }
    guard isChanged || layersWatch?.mayHaveChanged(to: now) ?? true || layers.mayHaveChanged(in: folder) else {
      return false
    }
    let before = layers
    try layers.update(to: files.values.flatMap { $0.image?.layers ?? [] }, in: folder)
    layersWatch = FileWatch(now, opened: opened)
    return !layers.saysTheSame(as: before)
  }

  /// Adds the images, and those that are left out; `path` is that of iSulad's folder `storage`, for what is said of files
  /// in it.
  func list(into inventory: inout Inventory, path: String) {
    // Of two images with one name the one that was loaded later has it.
    var owners = NameOwners()
    let loaded = ids.indices.sorted { first, second in
      let (first, second) = (files[ids[first]]?.image?.loaded, files[ids[second]]?.image?.loaded)
      return second.map { second in first.map { $0 < second } ?? true } ?? false
    }
    for place in loaded { owners.claim(files[ids[place]]?.image?.names ?? [], for: place) }
    for (place, id) in ids.enumerated() {
      guard let file = files[id] else { continue }
      if let error = file.error {
        inventory.leaveOut(id.description, at: "\(path)/\(name.imagesFolder)/\(error.file)", error)
      }
      if let fault = file.standingFault {
        inventory.noteOutdated("\(path)/\(name.imagesFolder)/\(fault.file)", fault)
      }
      guard let image = file.image else { continue }
      do throws(ReadingError) {
        inventory.images.append(try layers.listed(image, named: owners.names(image.names, of: place)))
      } catch {
        inventory.leaveOut(image.displayName, at: "\(path)/\(name.layersFolder)/\(error.file)", error)
      }
    }
  }
}
