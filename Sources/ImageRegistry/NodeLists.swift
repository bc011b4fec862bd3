internal import Concurrency
internal import ImageAPI
internal import MessagePack

/// The plain replies with one image and the names of a great many nodes, kept until the registry changes: writing the names
/// costs more than sending them.
final class NodeLists: Sendable {
  /// What a state's nodes and images are at.
  private struct Version: Comparable {
    let images: UInt64
    let holdings: UInt64

    init(_ state: RegistryState) { (images, holdings) = (state.version, state.holdings.version) }

    static func < (one: Version, other: Version) -> Bool {
      (one.images, one.holdings) < (other.images, other.holdings)
    }
  }

  private struct State {
    var version: Version?
    var replies: [Digest: PackedBytes] = [:]
    var byteCount = 0
  }

  private let cache = Lock(State())

  /// As many bytes of replies are kept. Readers may hold those of older states, which count as theirs.
  private static let maxBytes = 8 << 20

  /// The reply with one image of a state.
  ///
  /// - Parameters:
  ///   - image: The image's id.
  ///   - state: The state.
  ///   - write: Writes the reply, if none is kept.
  /// - Returns: The whole reply.
  func reply(with image: Digest, of state: RegistryState, _ write: () -> PackedBytes) -> PackedBytes {
    let version = Version(state)
    let kept: PackedBytes? = cache.withLock { $0.version == version ? $0.replies[image] : nil }
    if let kept { return kept }
    let written = write()
    cache.withLock { cache in
      if cache.version.map({ $0 < version }) ?? true { cache = State(version: version) }
      guard cache.version == version, cache.byteCount + written.count <= Self.maxBytes else { return }
      guard cache.replies.updateValue(written, forKey: image) == nil else { return }
      cache.byteCount += written.count
    }
    return written
  }
}
