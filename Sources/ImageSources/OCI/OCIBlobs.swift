internal import Concurrency
internal import FileReading
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

  /// The blobs that could not be read, as far as they may become readable, and not as they are missing.
  private var failed: [OCIBlob.Key] = []
  /// The folders of the blobs, as their names were last compared with what was read.
  private var compared: BlobFolder.Watch = [:]

  subscript(_ key: OCIBlob.Key) -> OCIBlob? { entries[key]?.blob }

  /// Forgets what is not in the folder any more, and that something was missing which is there now.
  ///
  /// What a blob holds never changes, but it can be removed behind the back of the index. The folder's own fingerprint
  /// says when to compare the names in it with those that are known.
  ///
  /// - Returns: whether anything was forgotten, so that it must be read again.
  /// - Throws: ``FileError`` if the folder cannot be listed.
  mutating func compare(with blobs: BlobFolder) throws(FileError) -> Bool {
    guard let watch = try blobs.watch(after: compared) else { return false }
    compared = watch
    guard !entries.isEmpty else { return false }
    let names = try blobs.names()
    let count = entries.count
    entries.removeAll { key, entry in
      switch entry.blob {
      case .image(let facts):
        !names.contains(key.digest) || !(facts.otherConfig.map(names.contains) ?? names.contains(facts.id))
      case .artifact, .index: !names.contains(key.digest)
      case .failed(let error): error.cause == .missing && names.contains(Self.name(of: error.file))
      }
    }
    return entries.count != count
  }

  private static func name(of file: String) -> String { file.split(separator: "/").last.map(String.init) ?? "" }

  /// Tries again what could not be read and may be readable now.
  ///
  /// - Returns: whether anything is not as it was.
  /// - Throws: ``ReadingError`` if this process or the machine is out of descriptors or memory.
  mutating func retry(in blobs: BlobFolder) throws(ReadingError) -> Bool {
    let due = failed.filter { self[$0]?.error.map(blobs.mayHaveChanged) ?? false }
    let before = due.map { self[$0]?.error?.reason }
    _ = try read(due, in: blobs, reporting: ReadingProgress())
    return zip(due, before).contains { self[$0]?.error?.reason != $1 }
  }

  /// Reads what the descriptors of `index` lead to and is not known yet, and forgets what is not named any more.
  ///
  /// - Throws: ``ReadingError`` if this process or the machine is out of descriptors or memory. What was read is kept.
  mutating func update(
    to index: OCIIndex, in blobs: BlobFolder, reporting progress: ReadingProgress
  ) throws(ReadingError) {
    reading += 1
    // A dictionary that grows by itself is half empty at worst; tools name a manifest once for each tag.
    var named = Set<OCIBlob.Key>(minimumCapacity: index.manifests.count)
    named.formUnion(index.manifests.lazy.compactMap(OCIBlob.Key.init))
    entries.reserveCapacity(named.count)
    var level = mark(index.manifests, in: blobs)
    for depth in 0...OCILimits.nesting {
      progress.expect(level.unread.count { !$0.isIndex })
      level.indexes += try read(level.unread, in: blobs, reporting: progress)
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
    failed = entries.elements.filter { Self.mayBeReadable($0.value.blob) }.map(\.key)
  }

  /// Reads blobs and gives those that are indexes.
  private mutating func read(
    _ keys: [OCIBlob.Key], in blobs: BlobFolder, reporting progress: ReadingProgress
  ) throws(ReadingError) -> [OCIBlob.Key] {
    let found = parallelMap(keys) { key in
      defer { if !key.isIndex { progress.advance() } }
      return OCIBlob(reading: key, in: blobs)
    }
    var indexes: [OCIBlob.Key] = []
    var exhaustion: ReadingError?
    var unread: Set<OCIBlob.Key> = []
    for (key, blob) in zip(keys, found) {
      let last = self[key]?.error
      switch blob {
      case .failed(let error) where error.isExhaustion:
        exhaustion = error
        if last == nil { unread.insert(key) }
        continue
      case .failed(let error): entries[key] = Entry(blob: .failed(error.following(last)), reading: reading)
      case .index:
        indexes.append(key)
        entries[key] = Entry(blob: blob, reading: reading)
      case .image, .artifact: entries[key] = Entry(blob: blob, reading: reading)
      }
    }
    guard let exhaustion else { return indexes }
    entries.removeAll { unread.contains($0.key) }
    throw exhaustion
  }

  private static func mayBeReadable(_ blob: OCIBlob) -> Bool {
    blob.error.map { $0.watch != nil && $0.cause != .missing } ?? false
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
      case .failed(let error) where Self.mayBeReadable(entry.blob) && blobs.mayHaveChanged(error):
        level.unread.append(key)
      case .image, .artifact, .failed: break
      }
    }
    return level
  }
}
