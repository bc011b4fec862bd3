/// How much of a layout is believed, so that a hostile one costs bounded time and memory.
enum OCILimits {
  /// Bytes of `index.json`: some 800,000 images of 300 bytes each.
  static let layoutIndexSize = 256 << 20
  /// Bytes of a manifest, a configuration or an index among the blobs. containerd takes manifests of no more than this,
  /// registries and the containers libraries of half of it.
  static let blobSize = 8 << 20
  /// Blobs of a layout, layers counted.
  static let blobs = 10_000_000
  /// Indexes within each other below `index.json`. Tools write one; an index of indexes is legal and makes two.
  static let nesting = 8
  /// Descriptors followed below the top level in one reading. Indexes that share their children name exponentially more
  /// images than they have bytes.
  static let nestedDescriptors = 1_000_000
  /// Bytes of a configuration's user. A name in `/etc/passwd` has at most 256.
  static let userLength = 1024
}
