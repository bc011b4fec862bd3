internal import Concurrency
internal import ImageAPI

/// The layers of all stores of containers/storage that one worker reads.
///
/// An image may lie on layers of another store: that is what storage.conf's `additionalimagestores` are for. Each store
/// puts its layers here and finds those of the others, in whatever order they are read.
package final class LayerPool: Sendable {
  /// One driver's layers of one store.
  struct Owner: Sendable, Hashable {
    let store: String
    let driver: DriverName
  }

  private struct State {
    var layers: [Owner: [Digest: LayerRecord]] = [:]
    var version = 0
  }

  private let state = Lock(State())

  /// A pool without stores.
  package init() {}

  /// How often layers have changed.
  var version: Int { state.withLock { $0.version } }

  /// Makes `layers` all that an owner has.
  ///
  /// - Returns: the version from now on.
  func setLayers(_ layers: [Digest: LayerRecord], of owner: Owner) -> Int {
    state.withLock { state in
      state.layers[owner] = layers
      state.version += 1
      return state.version
    }
  }

  /// A driver's layer, in whichever store it is.
  func layer(_ id: Digest, of driver: DriverName) -> LayerRecord? {
    state.withLock { state in
      for (owner, layers) in state.layers where owner.driver == driver {
        if let layer = layers[id] { return layer }
      }
      return nil
    }
  }
}
