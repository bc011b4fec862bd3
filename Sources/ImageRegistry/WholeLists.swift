internal import Concurrency
internal import ImageAPI
internal import MessagePack

/// The plain replies with all the images: one for each state that is asked for, in memory that is used again.
///
/// A list is one piece of memory, since it is sent as one part of a message: 48 MB for 100,000 images. Fresh memory
/// costs more than what is written into it, so a new list takes that of an older one which no reader holds any more.
final class WholeLists: Sendable {
  private struct State {
    /// The last list that was made at the end; before it those that readers hold, and those that wait for the next state.
    var lists: [WholeList] = []

    /// What readers have yet to let go of.
    var heldBytes: Int {
      mutating get {
        var bytes = 0
        for index in lists.indices where !lists[index].isUnused { bytes += lists[index].bytes.count }
        return bytes
      }
    }

    /// Keeps what readers hold, one more, and what they held a moment ago: as many are in use again soon.
    mutating func dropUnused() {
      let moment = ContinuousClock.now - WholeLists.rest
      var isSpare = false
      for index in lists.indices.reversed() where lists[index].isUnused {
        if isSpare, lists[index].made < moment { lists.remove(at: index) }
        isSpare = true
      }
    }
  }

  /// So long memory is kept that nobody holds: fresh memory for a list makes all readers wait some 40 ms.
  private static let rest = Duration.seconds(10)

  private let cache = Lock(State())
  /// As many bytes of lists as readers may hold; one list they may hold always.
  private let maxBytes: Int

  init(maxBytes: Int = 1 << 30) {
    self.maxBytes = maxBytes
  }

  /// The list of a state. Readers that come while it is made wait for it, as they would for one of their own.
  ///
  /// - Parameters:
  ///   - state: The state.
  ///   - etag: Its etag.
  ///   - orRecent: Whether the list of another state will do, the latest that has one, as long as that is recent.
  /// - Returns: The whole reply.
  /// - Throws: ``APIError`` with the code `RESOURCE_EXHAUSTED` when readers hold the lists of too many other states.
  func list(of state: RegistryState, etag: String, orRecent: Bool = false) throws(APIError) -> PackedBytes {
    try cache.withLock { (cache) throws(APIError) in
      let last = cache.lists.endIndex - 1
      if last >= 0, cache.lists[last].version == state.version || orRecent && cache.lists[last].isRecent {
        return cache.lists[last].bytes
      }
      let held = cache.heldBytes
      guard held == 0 || held + state.byteCount <= maxBytes else {
        throw APIError(
          .resourceExhausted,
          "clients have yet to read lists of \(held) bytes: ask for pages by limit, or ask again later")
      }
      // A reader who comes late with an older state leaves the newest list alone.
      let isLate = cache.lists.last.map { $0.version > state.version } ?? false
      let newest = isLate ? cache.lists.popLast() : nil
      // The youngest is the most like the new one.
      let unused = cache.lists.indices.last { cache.lists[$0].isUnused }
      let made = WholeList(state, etag: etag, inPlaceOf: unused.map { cache.lists.remove(at: $0) })
      cache.dropUnused()
      cache.lists.append(made)
      if let newest { cache.lists.append(newest) }
      return made.bytes
    }
  }

  /// Gives back what waits for the next list, when that has not come for a while.
  func trim() {
    cache.withLock { cache in
      guard let last = cache.lists.last, ContinuousClock.now - last.made > Self.rest else { return }
      for index in cache.lists.indices.dropLast().reversed() where cache.lists[index].isUnused {
        cache.lists.remove(at: index)
      }
    }
  }
}
