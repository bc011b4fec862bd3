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

  /// Whether it is large, and of a moment ago: a millisecond for each megabyte, about as long as sending it takes.
  ///
  /// Readers who come meanwhile are better served by it than by a list of their own: the same bytes for all stay in the
  /// processor's caches, while different ones, each sent from memory, make some readers wait half as long again.
  var isRecent: Bool {
    bytes.count >= ReplySizes.minShared && ContinuousClock.now - made < .nanoseconds(bytes.count)
  }

  /// Whether nobody else holds the bytes.
  var isUnused: Bool {
    mutating get { isKnownUniquelyReferenced(&bytes) }
  }

  /// Makes the list of a state, in the memory of an older one if that is unused.
  ///
  /// A shard that has not changed since, and stands where it stood, is left there. Of the list of a later state, which a
  /// reader who comes late may find, nothing is.
  init(_ state: RegistryState, etag: String, inPlaceOf older: consuming WholeList?) {
    var head = Packer(capacity: 32)
    head.beginReply(.plain)
    head.beginImageList(count: state.count)
    var tail = Packer(capacity: 128)
    tail.endImageList(etag: etag)
    let size = head.count + state.byteCount + tail.count

    let (olderVersion, olderStarts) = (older?.version ?? 0, older?.starts ?? [])
    let isEarlier = olderVersion <= state.version
    var retired = older?.bytes
    // Otherwise it would hold the bytes as a second one.
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
