/// The manifests and nested indexes that a layout names, each read once for as long as it is named.
struct OCIBlobs: Sendable {
  private struct Entry {
    var blob: OCIBlob
    /// The reading that last found the blob named.
    var reading: UInt
  }

  /// By `places`, as a dictionary with as much in each of its slots, two thirds of them empty, takes twice the memory.
  private var entries: [Entry] = []
  private var places: [OCIBlob.Key: UInt32] = [:]
  private var reading: UInt = 0

  /// The blobs that could not be read, for as long as they may become readable.
  private(set) var failures: [OCIBlob.Failure] = []

  subscript(_ key: OCIBlob.Key) -> OCIBlob? { places[key].map { entries[Int($0)].blob } }

  /// Whether a file that could not be read may be readable now.
  func mayRecover(in blobs: BlobFolder) -> Bool {
    failures.contains { blobs.mayHaveChanged($0) }
  }

  /// Reads what the descriptors of `index` lead to and is not known yet, and forgets what is not named any more.
  mutating func update(to index: OCIIndex, in blobs: BlobFolder, reporting progress: ReadingProgress) {
    reading += 1
    var level = mark(index.manifests, in: blobs)
    for depth in 0...OCILimits.nesting {
      progress.expect(level.unread.count { !$0.isIndex })
      let found = mapOnAllCores(level.unread) { key in
        defer { if !key.isIndex { progress.advance() } }
        return OCIBlob(reading: key, in: blobs)
      }
      for (key, blob) in zip(level.unread, found) {
        set(key, to: blob)
        if case .index = blob { level.indexes.append(key) }
      }
      guard depth < OCILimits.nesting, !level.indexes.isEmpty else { break }
      var next = Level()
      for case .index(let nested, _)? in level.indexes.map({ self[$0] }) {
        let below = mark(nested.manifests, in: blobs)
        next.unread += below.unread
        next.indexes += below.indexes
      }
      level = next
    }
    forget()
    failures = entries.compactMap {
      if case .failed(let failure) = $0.blob, failure.watch != nil { failure } else { nil }
    }
  }

  private mutating func set(_ key: OCIBlob.Key, to blob: OCIBlob) {
    let entry = Entry(blob: blob, reading: reading)
    if let place = places[key] {
      entries[Int(place)] = entry
    } else {
      places[key] = UInt32(entries.count)
      entries.append(entry)
    }
  }

  /// Forgets what this reading has not found named.
  private mutating func forget() {
    guard entries.contains(where: { $0.reading != reading }) else { return }
    let all = entries
    entries = []
    for (key, place) in places {
      let entry = all[Int(place)]
      places[key] = entry.reading == reading ? UInt32(entries.count) : nil
      if entry.reading == reading { entries.append(entry) }
    }
  }

  /// The blobs at one depth that were not met above it.
  private struct Level {
    var unread: [OCIBlob.Key] = []
    var indexes: [OCIBlob.Key] = []
  }

  private mutating func mark(_ descriptors: [OCIDescriptor], in blobs: BlobFolder) -> Level {
    var level = Level()
    for descriptor in descriptors where !descriptor.isAttestation {
      guard let key = OCIBlob.Key(descriptor) else { continue }
      guard let place = places[key] else {
        level.unread.append(key)
        set(key, to: .artifact(size: 0))
        continue
      }
      let entry = entries[Int(place)]
      guard entry.reading != reading else { continue }
      entries[Int(place)].reading = reading
      switch entry.blob {
      case .index: level.indexes.append(key)
      case .failed(let failure) where blobs.mayHaveChanged(failure): level.unread.append(key)
      case .image, .artifact, .failed: break
      }
    }
    return level
  }
}
