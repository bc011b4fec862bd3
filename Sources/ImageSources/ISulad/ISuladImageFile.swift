internal import FileReading
internal import ImageAPI

/// An image's folder in iSulad's store, as it was last read.
struct ISuladImageFile: Sendable {
  let id: Digest
  /// Nil if the folder holds no image, or not yet, or no more.
  private var file = RememberedFile<RecordedImage?>()

  /// The folder of the image `id`, which was not read yet.
  init(_ id: Digest) {
    self.id = id
  }

  /// The image; nil if there is none, or none that can be read.
  var image: RecordedImage? { file.value ?? nil }
  /// Why the image cannot be listed, if it cannot.
  var error: ReadingError? { file.value == nil ? file.error : nil }
  /// Why the image, or that there is none, is perhaps not what is there now.
  var standingFault: ReadingError? { file.standingFault }

  /// Whether the image must be read again.
  func mayHaveChanged(in images: Folder) -> Bool {
    file.mayHaveChanged(record) { file throws(FileError) in try images.fingerprint(of: file) }
  }

  /// Whether `other` says the same.
  func saysTheSame(as other: ISuladImageFile?) -> Bool {
    image == other?.image && error?.says == other?.error?.says && standingFault?.says == other?.standingFault?.says
  }

  /// Reads the folder of the image. Any number of threads may do so at once.
  ///
  /// - Throws: ``ReadingError`` if this process or the machine is out of descriptors or memory.
  func updated(in images: Folder) throws(ReadingError) -> ISuladImageFile {
    var updated = self
    try updated.file.update { _, others throws(ReadingError) in try read(in: images, noting: &others) }
    return updated
  }

  /// The image's `images.json`, in the folder of the images.
  private var record: String { id.hex + "/images.json" }

  private func read(
    in images: Folder, noting others: inout [String: FileWatch]
  ) throws(ReadingError) -> (RecordedImage?, FileWatch) {
    let opened = FileFingerprint.now()
    let folder: Folder
    // The files of an image that is being made or removed come and go in any order.
    let isYoung: Bool
    do throws(FileError) {
      folder = try Folder(id.hex, in: images)
      isYoung = try !FileWatch(folder.ownFingerprint(), opened: opened).isSettled
    } catch {
      if error == .missing || error == .notAFolder { return (nil, FileWatch(nil, opened: opened)) }
      throw ReadingError(id.hex, error, opened: opened) { () throws(FileError) in
        try images.fingerprint(of: id.hex)
      }
    }
    do {
      let (bytes, watch) = try folder.readStable("images.json", as: record, limit: ISuladLimits.fileSize)
      let record = try parse(bytes, watch)
      let user = try user(in: folder, noting: &others)
      return (RecordedImage(record, size: record.size, user: user), watch)
    } catch {
      guard error.cause == .missing, isYoung else { throw error }
      return (nil, FileWatch(unsettled: nil))
    }
  }

  /// Parses an `images.json`, which has one record, and in it `size` beside what containers/storage has.
  private func parse(_ bytes: [UInt8], _ watch: FileWatch) throws(ReadingError) -> ImageRecord {
    do throws(JSONError) {
      let image = try JSONReader.read(bytes) { reader throws(JSONError) in
        guard reader.nextByte() != UInt8(ascii: "[") else {
          throw try reader.mismatch("it is a list of images, as containers/storage writes it, not one image")
        }
        return try ImageRecord(&reader)
      }
      guard image.id == id else { throw .content("its id is \(image.id.hex), not the name of its folder") }
      return image
    } catch {
      throw ReadingError(record, error.reason, watch: watch)
    }
  }

  /// Reads the user from the configuration, which is the big data named by the image's id.
  private func user(in folder: Folder, noting others: inout [String: FileWatch]) throws(ReadingError) -> ImageUser {
    let name = BigDataFile.name(id.description) ?? id.hex
    let file = "\(id.hex)/\(name)"
    let (bytes, watch) = try folder.readStable(
      name, as: file, "its configuration", limit: ISuladLimits.fileSize)
    others[file] = watch
    guard Digest(sha256Of: bytes) == id else {
      throw ReadingError(file, "its configuration is not what the image's id says", watch: watch)
    }
    do {
      return try OCIConfig(bytes).user
    } catch {
      throw ReadingError(file, error.reason, watch: watch)
    }
  }
}
