/// How much of an iSulad graph is believed, so that a hostile one costs bounded time and memory.
enum ISuladLimits {
  /// Bytes of an image's `images.json`, a layer's `layer.json` or a configuration. iSulad's own are a few kilobytes.
  static let fileSize = 8 << 20
  /// Bytes of `sqlite.db`. An embedded image takes one or two kilobytes of it.
  static let databaseSize: Int64 = 1 << 30
  /// Embedded images, and names of them.
  static let databaseRows = 1_000_000
}
