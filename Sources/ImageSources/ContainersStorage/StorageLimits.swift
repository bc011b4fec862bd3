/// How much of a containers/storage store is believed, so that a hostile one costs bounded time and memory.
enum StorageLimits {
  /// Bytes of `images.json` or `layers.json`: some 75,000 images, of which each takes 1.7 kilobytes.
  static let listSize = 128 << 20
}
