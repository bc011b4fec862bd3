internal import Concurrency
internal import ImageAPI
internal import MessagePack

/// The plain replies with all the images: one for each state that somebody asks for, in memory that is reused.
///
/// A list is one piece of memory, since it is sent as one part of a message: 48 MB for 100,000 images. Fresh memory costs
/// more than writing into it, so a new list takes the memory of an older list that no reader holds any more.
final class WholeLists: Sendable {
  private struct State {
    /// The newest list is the last. Before it stand the lists that readers hold and those whose memory is free.
    var lists: [WholeList] = []
    /// How many lists were made.
    var built: UInt64 = 0

    /// The bytes of the lists that readers hold.
    var heldBytes: Int {
      mutating get {
        var bytes = 0
        for index in lists.indices where !lists[index].isUnused { bytes += lists[index].bytes.count }
        return bytes
      }
    }

    /// Drops lists that no reader holds, except one and those made a moment ago: as many are in use again soon.
    mutating func dropUnused() {
      let moment = ContinuousClock.now - WholeLists.rest
      var isSpare = false
      for index in lists.indices.reversed() where lists[index].isUnused {
        if isSpare, lists[index].made < moment { lists.remove(at: index) }
        isSpare = true
      }
    }
  }

  /// How long memory is kept that nobody holds. Fresh memory for a list makes all readers wait some 40 ms.
  private static let rest = Duration.seconds(10)

  /// How many lists are in memory, held or not.
  var count: Int { cache.withLock { $0.lists.count } }

  /// How many lists were made, and how many bytes are in memory, held or not.
  var load: (built: UInt64, bytes: Int) {
    cache.withLock { ($0.built, $0.lists.reduce(0) { $0 + $1.bytes.count }) }
  }

  private let cache = Lock(State())
  /// How many bytes of lists readers may hold. They may always hold one list.
  private let maxBytes: Int

  init(maxBytes: Int) {
    self.maxBytes = maxBytes
  }

  /// The list of a state. Readers that ask while it is made wait for it.
  ///
  /// - Parameters:
  ///   - state: The state.
  ///   - etag: Its etag.
  ///   - orRecent: Whether the newest list of another state will do, as long as it is recent.
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
      // A reader with an older state does not take the memory of the newest list.
      let isLate = cache.lists.last.map { $0.version > state.version } ?? false
      let newest = isLate ? cache.lists.popLast() : nil
      // The youngest list has the most bytes in common with the new one.
      let unused = cache.lists.indices.last { cache.lists[$0].isUnused }
      let made = WholeList(state, etag: etag, inPlaceOf: unused.map { cache.lists.remove(at: $0) })
      cache.built += 1
      cache.dropUnused()
      cache.lists.append(made)
      if let newest { cache.lists.append(newest) }
      return made.bytes
    }
  }

  /// Gives back memory that no list has needed for a while.
  func trim(at now: ContinuousClock.Instant = .now) {
    cache.withLock { cache in
      guard let last = cache.lists.last, now - last.made > Self.rest else { return }
      for index in cache.lists.indices.dropLast().reversed() where cache.lists[index].isUnused {
        cache.lists.remove(at: index)
      }
    }
  }
}
