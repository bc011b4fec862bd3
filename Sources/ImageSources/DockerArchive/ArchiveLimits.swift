/// How much of an archive is believed, so that a hostile one costs bounded time and memory.
enum ArchiveLimits {
  /// Bytes of `manifest.json`: an image takes some hundred for itself and a hundred for each layer.
  static let manifestSize = 64 << 20
  /// Images of one archive.
  static let images = 100_000
  /// Bytes of the names of all files, and for each file ``memberSize`` more: a million files.
  static let indexSize = 128 << 20
  /// What a file costs beside its name, in bytes.
  static let memberSize = 64
  /// Bytes that libarchive may read for the header of one file: it keeps a list of the pieces of a sparse file, which
  /// may go on for ever.
  static let headerSize = 4 << 20
  /// Links that follow each other. Docker writes one.
  static let links = 8
  /// How many times its size a compressed archive may hold. Images shrink to a third or a tenth, a bomb to a thousandth.
  static let expansion: Int64 = 100
  /// Bytes that a compressed archive may hold whatever its size, as a small one may well be of zeros.
  static let smallExpansion: Int64 = 1 << 30
}
