internal import Diagnostics
internal import ImageAPI

/// Makes an inventory of what an archive holds.
struct ArchiveListing {
  private let contents: ArchiveContents
  private let path: String
  /// An image while the names of those behind it are not known yet.
  private struct Draft {
    /// Its place in `manifest.json`.
    let place: Int
    let names: [String]
    let id: Digest
    let size: UInt64
    let user: ImageUser
  }

  private var drafts: [Draft] = []
  private var owners = NameOwners()
  private var leftOut: [SkippedImage] = []

  /// The images of the archive at `path`.
  ///
  /// - Throws: ``ArchiveError`` if it has no list of them, or none that makes sense.
  static func inventory(of contents: ArchiveContents, path: String) throws(ArchiveError) -> Inventory {
    var listing = ArchiveListing(contents: contents, path: path)
    let bytes = try contents.list()
    do {
      try JSONReader.read(bytes) { reader throws(JSONError) in try listing.read(&reader) }
    } catch {
      throw .broken("has a manifest.json that lists no images: \(error.reason)")
    }
    return listing.inventory
  }

  private var inventory: Inventory {
    let images = drafts.map { draft in
      let names = owners.names(draft.names, of: draft.place)
      return Image(
        id: draft.id, repoTags: names.filter { !Self.isByDigest($0) }, repoDigests: names.filter(Self.isByDigest),
        size: draft.size, user: draft.user)
    }
    return Inventory(images: images, leftOut: leftOut)
  }

  private static func isByDigest(_ name: String) -> Bool { name.utf8.contains(UInt8(ascii: "@")) }

  private init(contents: ArchiveContents, path: String) {
    self.contents = contents
    self.path = path
  }

  private mutating func read(_ reader: inout JSONReader) throws(JSONError) {
    // Kaniko writes an empty list as null, as Go programs do.
    guard try !reader.takeNull() else { return }
    var position = 0
    try reader.array("manifest.json") { reader throws(JSONError) in
      guard position < ArchiveLimits.images else { throw .content("there are more than \(ArchiveLimits.images)") }
      var image: ArchivedImage?
      let error = try reader.attempt { reader throws(JSONError) in image = try ArchivedImage(&reader) }
      if let error { leave("manifest.json[\(position)]", error.reason) }
      if let image {
        owners.claim(image.names, for: position)
        do throws(JSONError) {
          try add(image, at: position)
        } catch {
          leave(image.names.first ?? image.config, error.reason)
        }
      }
      position += 1
    }
  }

  private mutating func leave(_ image: String, _ reason: String) {
    leftOut.append(SkippedImage(image, at: path, reason))
  }

  private mutating func add(_ image: ArchivedImage, at place: Int) throws(JSONError) {
    let file = try find(image.config, "configuration")
    let config = try check(file, named: image.config)
    var size = file.size
    // What is there once takes its place once, under however many names.
    var counted: Set<String> = [file.name]
    for name in image.layers {
      let layer = try find(name, "layer")
      guard counted.insert(layer.name).inserted else { continue }
      let (sum, overflow) = size.addingReportingOverflow(layer.size)
      guard !overflow else { throw .content("the sizes of its layers are more than 64 bits hold") }
      size = sum
    }
    let names = image.names.filter { !$0.isEmpty }
    drafts.append(Draft(place: place, names: names, id: config.id, size: size, user: config.user))
  }

  private func find(_ name: String, _ what: StaticString) throws(JSONError) -> ArchiveContents.File {
    do {
      return try contents.file(name)
    } catch {
      throw .content("its \(what) \(quoted(name)) \(error.reason)")
    }
  }

  /// The id and the user of the configuration `file`, which the list calls `name`. The name says nothing of its contents.
  private func check(
    _ file: ArchiveContents.File, named name: String
  ) throws(JSONError) -> (id: Digest, user: ImageUser) {
    let shown = "its configuration \(quoted(name))"
    guard let config = file.config else {
      let limit = OCILimits.blobSize
      throw .content(
        file.size > limit
          ? "\(shown) has \(file.size) bytes, more than the limit of \(limit)" : "\(shown) is no JSON object")
    }
    do {
      return (config.digest, try config.user.get())
    } catch {
      throw .content("\(shown): \(error.reason)")
    }
  }
}
