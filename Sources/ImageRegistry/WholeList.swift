internal import ImageWire
internal import MessagePack

/// The plain reply with all the images of one state.
struct WholeList {
  /// The version of the state that it lists.
  let version: UInt64
  let made = ContinuousClock.now
  private(set) var bytes: PackedBytes
  /// Where each shard begins.
  private let starts: [Int]

  /// Whether it is large and was made a moment ago: within a millisecond for each megabyte, about the time that sending
  /// it takes.
  ///
  /// Readers are better served by such a list than by one of their own. The same bytes for all stay in the processor's
  /// caches; different bytes for each are sent from memory and make some readers wait half as long again.
  var isRecent: Bool {
    bytes.count >= ReplySizes.minShared && ContinuousClock.now - made < .nanoseconds(bytes.count)
  }

  /// Whether nobody else holds the bytes.
  var isUnused: Bool {
    mutating get { isKnownUniquelyReferenced(&bytes) }
  }

  /// Makes the list of a state, in the memory of another list if nobody holds that.
  ///
  /// In the memory of an older list, a shard that has not changed and has not moved is left where it is. Nothing is left
  /// of the list of a later state, which a reader with an older snapshot may find.
  init(_ state: RegistryState, etag: String, inPlaceOf older: consuming WholeList?) {
    var head = Packer(capacity: 32)
    head.beginReply(.plain)
    head.beginImageList(count: state.count, gaps: state.gaps)
    var tail = Packer(capacity: 128)
    tail.endImageList(etag: etag, gaps: state.gaps)
    let size = head.count + state.byteCount + tail.count

    let (olderVersion, olderStarts) = (older?.version ?? 0, older?.starts ?? [])
    let isEarlier = olderVersion <= state.version
    var retired = older?.bytes
    // So that the bytes are uniquely held, and their memory can be taken.
    older = nil
    var starts: [Int] = []
    starts.reserveCapacity(ShardTable<Shard>.count)
    bytes = PackedBytes(capacity: size, headroom: size / 64, reusing: &retired) { output, kept in
      head.withBytes { output.append(contentsOf: $0) }
      for index in 0..<ShardTable<Shard>.count {
        let start = output.byteCount
        starts.append(start)
        let shard = state.shards[index]
        if kept > 0, isEarlier, shard.version <= olderVersion, olderStarts[index] == start {
          output.keep(shard.byteCount)
        } else {
          shard.forEachPiece { output.append(contentsOf: $0) }
        }
      }
      tail.withBytes { output.append(contentsOf: $0) }
    }
    self.starts = starts
    version = state.version
  }
}
