internal import Concurrency
internal import OrderedCollections

/// The manifests and nested indexes that a layout names, each read once for as long as it is named.
struct OCIBlobs: Sendable {
  private struct Entry {
    var blob: OCIBlob
    /// The reading that last found the blob named.
    var reading: UInt
  }

  /// Ordered, although no order is needed: its empty slots, more than half of them, are a few bits each.
  private var entries: OrderedDictionary<OCIBlob.Key, Entry> = [:]
  private var reading: UInt = 0

  /// The blobs that could not be read, for as long as they may become readable.
  private(set) var failures: [OCIBlob.Failure] = []

  subscript(_ key: OCIBlob.Key) -> OCIBlob? { entries[key]?.blob }

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
      let found = parallelMap(level.unread) { key in
        defer { if !key.isIndex { progress.advance() } }
        return OCIBlob(reading: key, in: blobs)
      }
      for (key, blob) in zip(level.unread, found) {
        entries[key] = Entry(blob: blob, reading: reading)
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
    entries.removeAll { $0.value.reading != reading }
    failures = entries.values.compactMap {
      if case .failed(let failure) = $0.blob, failure.watch != nil { failure } else { nil }
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
      guard let entry = entries[key] else {
        level.unread.append(key)
        entries[key] = Entry(blob: .artifact(size: 0), reading: reading)
        continue
      }
      guard entry.reading != reading else { continue }
      entries[key]?.reading = reading
      switch entry.blob {
      case .index: level.indexes.append(key)
      case .failed(let failure) where blobs.mayHaveChanged(failure): level.unread.append(key)
      case .image, .artifact, .failed: break
      }
    }
    return level
  }
}
