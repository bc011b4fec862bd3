internal import FileReading
internal import ImageAPI

/// What one reading of an image's folder found, and what to look at to know whether it still holds.
struct ISuladImageFile: Sendable {
  /// What the folder is.
  enum Contents: Sendable, Hashable {
    case image(RecordedImage)
    /// No image, or not yet, or no more.
    case none
    /// An image that cannot be read.
    case failed(file: String, reason: String)
  }

  /// A file at fault beside `images.json`.
  struct Culprit: Sendable {
    let file: String
    let watch: FileWatch
  }

  let contents: Contents
  /// Of `images.json`.
  let watch: FileWatch
  /// Of the bytes of `images.json`; nil if the contents were not made from them.
  let digest: Digest?
  let culprit: Culprit?

  init(_ contents: Contents, _ watch: FileWatch, _ digest: Digest? = nil, _ culprit: Culprit? = nil) {
    self.contents = contents
    self.watch = watch
    self.digest = digest
    self.culprit = culprit
  }

  /// The image, if it could be read.
  var image: RecordedImage? {
    if case .image(let image) = contents { image } else { nil }
  }

  /// Whether the image must be read again.
  ///
  /// A configuration that was read is not looked at again: the image's id says what is in it.
  func mayHaveChanged(_ id: Digest, in images: Folder) -> Bool {
    watch.mayHaveChanged(to: images.stamp(Self.path(id)))
      || culprit.map { $0.watch.mayHaveChanged(to: images.stamp($0.file)) } ?? false
  }

  /// The image's `images.json`, in the folder of the images.
  static func path(_ id: Digest) -> String { id.hex + "/images.json" }
}
