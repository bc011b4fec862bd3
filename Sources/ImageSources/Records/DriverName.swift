internal import FileReading

/// The name of a storage driver, such as `overlay`, after which the folders of its images and layers are called.
struct DriverName: Sendable, Hashable {
  private static let imagesSuffix = "-images"

  private let text: String

  /// The folder of the images.
  var imagesFolder: String { text + Self.imagesSuffix }
  /// The folder of the layers.
  var layersFolder: String { text + "-layers" }

  /// The driver whose images are in `imagesFolder`; nil if the folder is no driver's.
  private init?(imagesFolder: String) {
    guard imagesFolder.hasSuffix(Self.imagesSuffix), imagesFolder.utf8.count > Self.imagesSuffix.utf8.count else {
      return nil
    }
    text = String(imagesFolder.dropLast(Self.imagesSuffix.count))
  }

  /// The drivers that have images in the folder `store`, sorted.
  static func all(in store: Folder) throws(FileError) -> [DriverName] {
    try store.entries(limit: RecordLimits.folderEntries).filter(\.isUTF8)
      .compactMap { DriverName(imagesFolder: $0.name) }.sorted { $0.text < $1.text }
  }
}
