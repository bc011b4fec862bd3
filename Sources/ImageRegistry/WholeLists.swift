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

    /// Keeps what readers hold, one more, and what they held a moment ago: as many are in use again soon.
    mutating func dropUnused() {
      let moment = ContinuousClock.now - .seconds(1)
      var isSpare = false
      for index in lists.indices.reversed() where lists[index].isUnused {
        if isSpare, lists[index].made < moment { lists.remove(at: index) }
        isSpare = true
      }
    }
  }

  private let state = Lock(State())

  /// The list of a state. Readers that come while it is made wait for it, as they would for one of their own.
  func list(of contents: Contents, etag: String) -> PackedBytes {
    state.withLock { state in
      if let last = state.lists.last, last.version >= contents.version {
        // A reader who comes late with an older state leaves the newer list alone.
        return last.version == contents.version
          ? last.bytes : WholeList(contents, etag: etag, inPlaceOf: nil).bytes
      }
      // The youngest is the most like the new one.
      let unused = state.lists.indices.last { state.lists[$0].isUnused }
      let made = WholeList(contents, etag: etag, inPlaceOf: unused.map { state.lists.remove(at: $0) })
      state.dropUnused()
      state.lists.append(made)
      return made.bytes
    }
  }

  /// Gives back what waits for the next list, when that has not come for a while.
  func trim() {
    state.withLock { state in
      guard let last = state.lists.last, ContinuousClock.now - last.made > .seconds(10) else { return }
      state.lists = [last]
    }
  }
}
