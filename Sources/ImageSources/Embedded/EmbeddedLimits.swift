/// The limits of the format of embedded images, and how much of one is believed.
enum EmbeddedLimits {
  /// Bytes of a manifest. One of 125 layers with the longest paths has about 1.2 MB.
  static let manifestSize = 2 << 20
  /// Layers of an image, the device or root folder at the bottom counted.
  static let layers = 125
  /// Bytes of an image's name.
  static let nameLength = 255
  /// Bytes of a path, the zero byte after it not counted.
  static let pathLength = 4095
  /// Files in a folder of manifests.
  static let folderEntries = 100_000
  /// Bytes of a signature file: `sha256:` and 64 hexadecimal digits.
  static let signatureSize = 71
}
