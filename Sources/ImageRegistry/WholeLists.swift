import ImageAPI
import MessagePack

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

  private let state = Lock(State())
  /// As many bytes of lists as readers may hold; one list they may hold always.
  private let mostBytes: Int

  init(mostBytes: Int = 1 << 30) {
    self.mostBytes = mostBytes
  }

  /// The list of a state. Readers that come while it is made wait for it, as they would for one of their own.
  ///
  /// - Parameters:
  ///   - contents: The state.
  ///   - etag: Its etag.
  ///   - orRecent: Whether the list of another state will do, the latest that has one, as long as that is recent.
  /// - Returns: The whole reply.
  /// - Throws: ``APIError`` with the code `RESOURCE_EXHAUSTED` when readers hold the lists of too many other states.
  func list(of contents: Contents, etag: String, orRecent: Bool = false) throws(APIError) -> PackedBytes {
    try state.withLock { (state) throws(APIError) in
      let last = state.lists.endIndex - 1
      if last >= 0, state.lists[last].version == contents.version || orRecent && state.lists[last].isRecent {
        return state.lists[last].bytes
      }
      let held = state.heldBytes
      guard held == 0 || held + contents.byteCount <= mostBytes else {
        throw APIError(
          .resourceExhausted,
          "clients have yet to read lists of \(held) bytes: ask for pages by limit, or ask again later")
      }
      // A reader who comes late with an older state leaves the newest list alone.
      let isLate = state.lists.last.map { $0.version > contents.version } ?? false
      let newest = isLate ? state.lists.popLast() : nil
      // The youngest is the most like the new one.
      let unused = state.lists.indices.last { state.lists[$0].isUnused }
      let made = WholeList(contents, etag: etag, inPlaceOf: unused.map { state.lists.remove(at: $0) })
      state.dropUnused()
      state.lists.append(made)
      if let newest { state.lists.append(newest) }
      return made.bytes
    }
  }

  /// Gives back what waits for the next list, when that has not come for a while.
  func trim() {
    state.withLock { state in
      guard let last = state.lists.last, ContinuousClock.now - last.made > Self.rest else { return }
      for index in state.lists.indices.dropLast().reversed() where state.lists[index].isUnused {
        state.lists.remove(at: index)
      }
    }
  }
}
