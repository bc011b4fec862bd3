internal import FileReading
internal import ImageAPI

/// The layers of one driver, from `layers.json` and `volatile-layers.json`.
struct StorageLayers: LayerStore, Sendable {
  private struct List {
    let layers: [Digest: LayerRecord]
    let broken: BrokenElement?

    init(_ bytes: [UInt8]) throws(JSONError) {
      let records = try JSONReader.readElements(bytes, "layers.json") { reader throws(JSONError) in
        try LayerRecord(&reader)
      }
      layers = Dictionary(records.good.map { ($0.id, $0) }) { first, _ in first }
      broken = records.broken.first
    }
  }

  private let owner: LayerPool.Owner
  private let pool: LayerPool
  /// The version of the pool that was last looked into.
  private var seen = 0
  private var list = RecordFile<List>("layers.json")
  /// Layers of containers that need not outlive a crash, kept apart by newer versions.
  private var volatile = RecordFile<List>("volatile-layers.json")

  /// The layers of `owner`, which are found in `pool` by the images of other stores.
  init(of owner: LayerPool.Owner, in pool: LayerPool) {
    self.owner = owner
    self.pool = pool
  }

  /// Whether a file in the folder of the layers, nil if that is missing, may be another than the one that was read, or the
  /// layers of another store are.
  func mayHaveChanged(in folder: Folder?) -> Bool {
    list.mayHaveChanged(in: folder) || volatile.mayHaveChanged(in: folder) || pool.version != seen
  }

  /// Reads what may have changed.
  ///
  /// - Returns: whether anything has, here or in another store.
  /// - Throws: ``SourceError`` if a list in the folder, whose path is `path`, cannot be read.
  mutating func update(in folder: Folder?, path: String) throws(SourceError) -> Bool {
    let parse = { (bytes: [UInt8]) throws(JSONError) in try List(bytes) }
    let isListNew = try list.update(in: folder, path: path, parse)
    let isVolatileNew = try volatile.update(in: folder, path: path, parse)
    if isListNew || isVolatileNew {
      let layers = (list.contents?.layers ?? [:]).merging(volatile.contents?.layers ?? [:]) { first, _ in first }
      seen = pool.setLayers(layers, of: owner)
      return true
    }
    let version = pool.version
    defer { seen = version }
    return version != seen
  }

  func layer(_ id: Digest) throws(ReadingError) -> LayerRecord {
    if let layer = list.contents?.layers[id] ?? volatile.contents?.layers[id]
      ?? pool.layer(id, of: owner.driver)
    {
      return layer
    }
    let elsewhere = "; if it is in an additional image store, give that as a source as well, containers-storage:PATH"
    guard let contents = list.contents else {
      throw ReadingError(file(of: id), "it does not exist, and so neither does the layer \(id.hex)\(elsewhere)")
    }
    let suspect = contents.broken.map { ", unless it is number \($0.position), which cannot be read: \($0.reason)" }
    throw ReadingError(file(of: id), "the layer \(id.hex) is not in it\(suspect ?? elsewhere)")
  }

  func file(of id: Digest) -> String { "layers.json" }
}
