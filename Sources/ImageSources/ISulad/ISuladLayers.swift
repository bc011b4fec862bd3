internal import ImageAPI

/// The layers that the images of one driver are made of, each read once for as long as an image needs it.
struct ISuladLayers: Sendable {
  /// Why an image's layers cannot be added up.
  struct Fault: Error, Sendable, Hashable {
    /// The file at fault, in the folder of the layers.
    let file: String
    let reason: String
  }

  private struct Entry: Sendable {
    let layer: Result<ISuladLayer, Fault>
    let watch: FileWatch

    init(reading id: Digest, in layers: Folder?) {
      let opened = FileStamp.now()
      let file = ISuladLayers.file(id)
      func fault(_ reason: String) -> Result<ISuladLayer, Fault> { .failure(Fault(file: file, reason: reason)) }
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
          layer = .success(try ISuladLayer(id, bytes))
        } catch {
          layer = fault(error.reason)
        }
      } catch {
        layer = fault("its layer \(error.reason)")
        watch = FileWatch(error == .missing ? nil : layers.stamp(file), opened: opened)
      }
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
    careful.contains { entries[$0]?.watch.mayHaveChanged(to: layers?.stamp(Self.file($0))) ?? false }
  }

  /// Reads the layers of the images on top of `tops`, those that are known only if they may have changed, and forgets
  /// all others.
  mutating func update(to tops: [Digest], in layers: Folder?) {
    var known: [Digest: Entry] = [:]
    var level = Set(tops)
    while !level.isEmpty {
      let stale = level.filter { id in
        entries[id].map { $0.watch.mayHaveChanged(to: layers?.stamp(Self.file(id))) } ?? true
      }
      let unread = Array(stale)
      for (id, entry) in zip(unread, mapOnAllCores(unread) { Entry(reading: $0, in: layers) }) { known[id] = entry }
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

  /// Bytes of the layer `top` and all below it, uncompressed.
  ///
  /// - Throws: ``Fault`` if a layer cannot be read, or the layers lie in a circle.
  func size(of top: Digest) throws(Fault) -> UInt64 {
    var total: UInt64 = 0
    var count = 0
    var next: Digest? = top
    while let id = next {
      count += 1
      guard count <= ISuladLimits.chainLength else {
        throw Fault(file: Self.file(top), reason: circle(from: top))
      }
      let layer: ISuladLayer
      switch entries[id]?.layer {
      case .success(let found)?: layer = found
      case .failure(let fault)?: throw fault
      case nil: throw Fault(file: Self.file(id), reason: "its layer does not exist")
      }
      let (sum, overflow) = total.addingReportingOverflow(layer.size)
      guard !overflow else {
        throw Fault(file: Self.file(id), reason: "the sizes of the layers are more than 64 bits hold")
      }
      total = sum
      next = layer.parent
    }
    return total
  }

  private func circle(from top: Digest) -> String {
    var met: Set<Digest> = []
    var next: Digest? = top
    while let id = next {
      guard met.insert(id).inserted else { return "the layer \(id.hex) is its own ancestor" }
      guard case .success(let layer)? = entries[id]?.layer else { break }
      next = layer.parent
    }
    return "it has \(met.count) layers, more than \(ISuladLimits.chainLength)"
  }

  private static func file(_ id: Digest) -> String { id.hex + "/layer.json" }
}
