internal import Concurrency
internal import FileReading
internal import ImageAPI

/// The layers that the images of one driver are made of, each read once for as long as an image needs it.
struct ISuladLayers: LayerStore, Sendable {
  private var files: [Digest: RememberedFile<LayerRecord>] = [:]
  /// Those that could not be read or may yet change without a sign.
  private var careful: [Digest] = []

  /// Whether a layer may have changed that could not be read or had just been written.
  ///
  /// The others are looked at when an image changes, or the folder of the layers: iSulad makes a layer before the image
  /// on top of it and does not change it afterwards.
  func mayHaveChanged(in layers: Folder?) -> Bool {
    careful.contains { files[$0].map { [id = $0] in $0.mayHaveChanged(id, in: layers) } ?? false }
  }

  /// Reads the layers of the images on top of `tops`, those that are known only if they may have changed, and forgets
  /// all others.
  ///
  /// - Throws: ``ReadingError`` if this process or the machine is out of descriptors or memory.
  mutating func update(to tops: [Digest], in layers: Folder?) throws(ReadingError) {
    var known: [Digest: RememberedFile<LayerRecord>] = [:]
    var level = Set(tops)
    while !level.isEmpty {
      let stale = level.filter { files[$0]?.mayHaveChanged($0, in: layers) ?? true }
      let read = parallelMap(stale.map { ($0, files[$0] ?? RememberedFile()) }) { id, file in
        Result { () throws(ReadingError) in (id, try file.updated(id, in: layers)) }
      }
      for result in read {
        let (id, file) = try result.get()
        known[id] = file
      }
      var next: Set<Digest> = []
      for id in level {
        known[id] = known[id] ?? files[id]
        if let parent = known[id]?.value?.parent { next.insert(parent) }
      }
      level = next.filter { known[$0] == nil }
    }
    files = known
    careful = known.filter { !$0.value.isSettled }.map(\.key)
  }

  /// Whether every layer is what it is in `other`, however often its file was written.
  func saysTheSame(as other: ISuladLayers) -> Bool {
    files.count == other.files.count
      && files.allSatisfy { id, file in
        let last = other.files[id]
        return last?.value == file.value && last?.error?.reason == file.error?.reason
      }
  }

  func layer(_ id: Digest) throws(ReadingError) -> LayerRecord {
    if let layer = files[id]?.value { return layer }
    throw files[id]?.error ?? ReadingError(file(of: id), "its layer does not exist")
  }

  func file(of id: Digest) -> String { Self.file(of: id) }

  fileprivate static func file(of id: Digest) -> String { id.hex + "/layer.json" }
}

extension RememberedFile<LayerRecord> {
  fileprivate func mayHaveChanged(_ id: Digest, in layers: Folder?) -> Bool {
    mayHaveChanged(ISuladLayers.file(of: id)) { file throws(FileError) in try layers?.fingerprint(of: file) }
  }

  fileprivate func updated(_ id: Digest, in layers: Folder?) throws(ReadingError) -> Self {
    let file = ISuladLayers.file(of: id)
    let opened = FileFingerprint.now()
    var updated = self
    try updated.update { _, _ throws(ReadingError) in
      let bytes: [UInt8]
      let watch: FileWatch
      do throws(FileError) {
        guard let layers else { throw .missing }
        (bytes, watch) = try Folder(id.hex, in: layers).readStable("layer.json", limit: ISuladLimits.fileSize)
      } catch {
        throw ReadingError(file, error, "its layer", opened: opened) { () throws(FileError) in
          try layers?.fingerprint(of: file)
        }
      }
      do throws(JSONError) {
        let layer = try JSONReader.read(bytes) { reader throws(JSONError) in try LayerRecord(&reader) }
        guard layer.id == id else { throw .content("its id is \(layer.id.hex), not the name of its folder") }
        return (layer, watch)
      } catch {
        throw ReadingError(file, error.reason, watch: watch)
      }
    }
    return updated
  }
}
