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
  /// - Throws: ``FileError`` if the folder of the images cannot be read, which leaves everything as it was.
  mutating func update(in storage: Folder, reporting progress: ReadingProgress) throws(FileError) -> Bool {
    let opened = FileFingerprint.now()
    let images = try Folder(name.imagesFolder, in: storage)
    let stamp = try images.ownStamp()
    var isChanged = imagesWatch == nil
    if imagesWatch?.mayHaveChanged(to: stamp) ?? true {
      // Only folders named by 64 digits are images. Others, such as lock files, are iSulad's own business.
      let found = try images.entries(limit: RecordLimits.folderEntries).compactMap { entry in
        entry.name.utf8.count == 64 ? Digest(entry.name) : nil
      }.sorted()
      if found != ids {
        ids = found
        let there = Set(found)
        files = files.filter { there.contains($0.key) }
        isChanged = true
      }
    }
    imagesWatch = FileWatch(stamp, opened: opened)

    let stale = ids.filter { files[$0]?.mayHaveChanged($0, in: images) ?? true }
    let known = files
    progress.expect(stale.count)
    let read = parallelMap(stale) { id in
      defer { progress.advance() }
      return ISuladImageFile(reading: id, in: images, after: known[id])
    }
    for (id, file) in zip(stale, read) {
      isChanged = isChanged || files[id]?.contents != file.contents
      files[id] = file
    }
    return updateLayers(in: storage, isChanged: isChanged, opened: opened) || isChanged
  }

  private mutating func updateLayers(in storage: Folder, isChanged: Bool, opened: Int64) -> Bool {
    let folder = try? Folder(name.layersFolder, in: storage)
    let stamp = folder.flatMap { try? $0.ownStamp() }
    let mayHaveChanged = layersWatch?.mayHaveChanged(to: stamp) ?? true
    layersWatch = FileWatch(stamp, opened: opened)
    guard isChanged || mayHaveChanged || layers.mayHaveChanged(in: folder) else { return false }
    let before = layers
    layers.update(
      to: files.values.flatMap { $0.image?.layers ?? [] },
      in: folder)
    return !layers.saysTheSame(as: before)
  }

  /// Adds the images in the order of their ids, and those that are left out; `path` is that of iSulad's folder
  /// `storage`, for what is said of files in it.
  func list(into inventory: inout Inventory, path: String) {
    for id in ids {
      switch files[id]?.contents {
      case .image(let image):
        do throws(LayerError) {
          inventory.images.append(try layers.listed(image))
        } catch {
          inventory.leftOut.append(
            SkippedImage(
              image: image.displayName, path: "\(path)/\(name.layersFolder)/\(error.file)", reason: error.reason))
        }
      case .failed(let file, let reason)?:
        inventory.leftOut.append(
          SkippedImage(image: id.description, path: "\(path)/\(name.imagesFolder)/\(file)", reason: reason))
      case ISuladImageFile.Contents.none?, nil: break
      }
    }
  }
}
