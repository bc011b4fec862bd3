internal import FileReading
internal import ImageAPI

extension ISuladImageFile {
  /// Reads the folder `id`. Any number of threads may do so at once.
  ///
  /// What was found there last, `previous`, stands while the file is being written to, and saves reading the
  /// configuration again.
  init(reading id: Digest, in images: Folder, after previous: ISuladImageFile?) {
    let opened = FileFingerprint.now()
    do {
      self = try Self.read(id, in: Folder(id.hex, in: images), opened, previous)
    } catch {
      let isNoImage = error == .notAFolder || error == .missing
      self.init(
        isNoImage ? .none : .failed(file: id.hex, reason: "it \(error.reason)"),
        FileWatch(images.stamp(Self.path(id)), opened: opened), nil,
        Culprit(file: id.hex, watch: FileWatch(images.stamp(id.hex), opened: opened)))
    }
  }

  private static func read(
    _ id: Digest, in folder: Folder, _ opened: Int64, _ previous: ISuladImageFile?
  ) throws(FileError) -> ISuladImageFile {
    // The files of an image that is being made or removed come and go in any order.
    let isYoung = try !FileWatch(folder.ownStamp(), opened: opened).isSettled
    let bytes: [UInt8]
    let watch: FileWatch
    do {
      (bytes, watch) = try folder.readStable("images.json", limit: ISuladLimits.fileSize)
    } catch {
      let stamp = error == .missing ? nil : folder.stamp("images.json")
      if error == .missing, isYoung { return ISuladImageFile(.none, FileWatch(unsettled: nil)) }
      if error == .changing, let last = previous?.image {
        return ISuladImageFile(.image(last), FileWatch(unsettled: stamp))
      }
      let failure = Contents.failed(file: path(id), reason: "it \(error.reason)")
      return ISuladImageFile(failure, FileWatch(stamp, opened: opened))
    }
    let digest = Digest(sha256Of: bytes)
    if let previous, previous.digest == digest { return ISuladImageFile(previous.contents, watch, digest) }

    let record: ImageRecord
    do throws(JSONError) {
      record = try Self.record(bytes)
      guard record.id == id else { throw .content("its id is \(record.id.hex), not the name of its folder") }
    } catch {
      // What is wrong and young is perhaps half-written: until it has settled, what was last found holds.
      if !watch.isSettled, let last = previous?.image { return ISuladImageFile(.image(last), watch) }
      return ISuladImageFile(.failed(file: path(id), reason: error.reason), watch, digest)
    }
    let user: ImageUser
    do throws(ConfigError) {
      if let last = previous?.image { user = last.image.user } else { user = try Self.user(id, in: folder, opened) }
    } catch {
      if error.isMissing, isYoung { return ISuladImageFile(.none, FileWatch(unsettled: watch.stamp)) }
      let file = "\(id.hex)/\(error.file)"
      return ISuladImageFile(
        .failed(file: file, reason: error.reason), watch, nil, Culprit(file: file, watch: error.watch))
    }
    return ISuladImageFile(
      .image(RecordedImage(record, id: id, size: record.size, user: user)), watch, digest)
  }

  /// Reads an `images.json`, which has one record, and in it `size` beside what containers/storage has.
  private static func record(_ bytes: [UInt8]) throws(JSONError) -> ImageRecord {
    try JSONReader.read(bytes) { reader throws(JSONError) in
      guard reader.nextByte() != UInt8(ascii: "[") else {
        throw try reader.mismatch("it is a list of images, as containers/storage writes it, not one image")
      }
      return try ImageRecord(&reader)
    }
  }

  /// What is wrong with a configuration.
  private struct ConfigError: Error {
    let file: String
    let reason: String
    let watch: FileWatch
    var isMissing = false
  }

  /// Reads the user from the configuration, which is the big data named by the image's id.
  private static func user(_ id: Digest, in folder: Folder, _ opened: Int64) throws(ConfigError) -> ImageUser {
    let file = BigDataFile.name(id.description) ?? id.hex
    let bytes: [UInt8]
    let watch: FileWatch
    do throws(FileError) {
      (bytes, watch) = try folder.readStable(file, limit: ISuladLimits.fileSize)
    } catch {
      let stamp = error == .missing ? nil : folder.stamp(file)
      throw ConfigError(
        file: file, reason: "its configuration \(error.reason)", watch: FileWatch(stamp, opened: opened),
        isMissing: error == .missing)
    }
    guard Digest(sha256Of: bytes) == id else {
      throw ConfigError(file: file, reason: "its configuration is not what the image's id says", watch: watch)
    }
    do throws(JSONError) {
      return try OCIConfig(bytes).user
    } catch {
      throw ConfigError(file: file, reason: error.reason, watch: watch)
    }
  }
}
