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

  private var list = RecordFile<List>("layers.json")
  /// Layers of containers that need not outlive a crash, kept apart by newer versions.
  private var volatile = RecordFile<List>("volatile-layers.json")

  /// Whether a file in the folder of the layers, nil if that is missing, may be another than the one that was read.
  func mayHaveChanged(in folder: Folder?) -> Bool {
    list.mayHaveChanged(in: folder) || volatile.mayHaveChanged(in: folder)
  }

  /// Reads what may have changed.
  ///
  /// - Returns: whether anything has.
  /// - Throws: ``SourceError`` if a list in the folder, whose path is `path`, cannot be read.
  mutating func update(in folder: Folder?, path: String) throws(SourceError) -> Bool {
    let isNew = try list.update(in: folder, path: path) { bytes throws(JSONError) in try List(bytes) }
    return try volatile.update(in: folder, path: path) { bytes throws(JSONError) in try List(bytes) } || isNew
  }

  func layer(_ id: Digest) throws(ReadingError) -> LayerRecord {
    if let layer = list.contents?.layers[id] ?? volatile.contents?.layers[id] { return layer }
    guard let contents = list.contents else {
      throw ReadingError(file(of: id), "it does not exist, and so neither does the layer \(id.hex)")
    }
    let suspect = contents.broken.map { ", unless it is number \($0.position), which cannot be read: \($0.reason)" }
    throw ReadingError(file(of: id), "the layer \(id.hex) is not in it\(suspect ?? "")")
  }

  func file(of id: Digest) -> String { "layers.json" }
}
