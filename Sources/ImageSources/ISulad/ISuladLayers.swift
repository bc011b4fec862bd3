internal import Concurrency
internal import FileReading
internal import ImageAPI

/// The layers that the images of one driver are made of, each read once for as long as an image needs it.
struct ISuladLayers: LayerStore, Sendable {
  private struct Entry: Sendable {
    let layer: Result<LayerRecord, LayerError>
    let watch: FileWatch

    init(reading id: Digest, in layers: Folder?) {
      let opened = FileFingerprint.now()
      let file = ISuladLayers.path(id)
      func fault(_ reason: String) -> Result<LayerRecord, LayerError> {
        .failure(LayerError(file: file, reason: reason))
      }
      guard let layers else {
        layer = fault("its layer does not exist")
        watch = FileWatch(nil, opened: opened)
        return
      }
      do {
        let folder = try Folder(id.hex, in: layers)
        let (bytes, watch) = try folder.readStable("layer.json", limit: ISuladLimits.fileSize)
        self.watch = watch
        do throws(JSONError) {
          layer = .success(try Self.record(id, bytes))
        } catch {
          layer = fault(error.reason)
        }
      } catch {
        layer = fault("its layer \(error.reason)")
        watch = FileWatch(error == .missing ? nil : layers.stamp(file), opened: opened)
      }
    }

    private static func record(_ id: Digest, _ bytes: [UInt8]) throws(JSONError) -> LayerRecord {
      let layer = try JSONReader.read(bytes) { reader throws(JSONError) in try LayerRecord(&reader) }
      guard layer.id == id else { throw .content("its id is \(layer.id.hex), not the name of its folder") }
      return layer
    }

    /// Whether the layer is to be looked at in every reading.
    var needsCare: Bool {
      if case .failure = layer { true } else { !watch.isSettled }
    }
  }

  private var entries: [Digest: Entry] = [:]
  /// Those that could not be read or may yet change without a sign.
  private var careful: [Digest] = []

  /// Whether a layer may have changed that could not be read or had just been written.
  ///
  /// The others are looked at when an image changes, or the folder of the layers: iSulad makes a layer before the image
  /// on top of it and does not change it afterwards.
  func mayHaveChanged(in layers: Folder?) -> Bool {
    careful.contains { entries[$0]?.watch.mayHaveChanged(to: layers?.stamp(Self.path($0))) ?? false }
  }

  /// Reads the layers of the images on top of `tops`, those that are known only if they may have changed, and forgets
  /// all others.
  mutating func update(to tops: [Digest], in layers: Folder?) {
    var known: [Digest: Entry] = [:]
    var level = Set(tops)
    while !level.isEmpty {
      let stale = level.filter { id in
        entries[id].map { $0.watch.mayHaveChanged(to: layers?.stamp(Self.path(id))) } ?? true
      }
      let unread = Array(stale)
      for (id, entry) in zip(unread, parallelMap(unread) { Entry(reading: $0, in: layers) }) { known[id] = entry }
      var next: Set<Digest> = []
      for id in level {
        known[id] = known[id] ?? entries[id]
        guard case .success(let layer)? = known[id]?.layer, let parent = layer.parent else { continue }
        next.insert(parent)
      }
      level = next.filter { known[$0] == nil }
    }
    entries = known
    careful = known.filter(\.value.needsCare).map(\.key)
  }

  /// Whether every layer is what it is in `other`, however often its file was written.
  func saysTheSame(as other: ISuladLayers) -> Bool {
    entries.count == other.entries.count && entries.allSatisfy { other.entries[$0.key]?.layer == $0.value.layer }
  }

  func layer(_ id: Digest) throws(LayerError) -> LayerRecord {
    guard let entry = entries[id] else { throw LayerError(file: file(of: id), reason: "its layer does not exist") }
    return try entry.layer.get()
  }

  func file(of id: Digest) -> String { Self.path(id) }

  private static func path(_ id: Digest) -> String { id.hex + "/layer.json" }
}
