/// How much of the records of containers/storage and iSulad is believed, so that hostile ones cost bounded time and memory.
enum RecordLimits {
  /// Images or layers of one driver that have a file each, and drivers of one store.
  static let folderEntries = 1_000_000
  /// Layers of one image. Overlay takes 128, and no driver more than 500.
  static let chainLength = 1024
}
