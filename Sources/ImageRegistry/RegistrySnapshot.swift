package import ImageAPI

/// What the registry held at one moment. It never changes.
package final class RegistrySnapshot: Sendable {
  let state: RegistryState
  /// The sources that were never read. While there are any, there is no list.
  package let pendingSources: [String]
  /// A digest of all the images: the same images have the same etag, on every worker and after a restart.
  package let etag: String
  /// As ``etag``, and of who holds which image; the same as that where no source tells of nodes.
  let etagWithNodes: String
  /// Further ids that images are found by, and the images' ids.
  let aliases: [Digest: Digest]
  /// Keeps the plain reply with all the images, once somebody has asked for it.
  let wholeLists: WholeLists
  let nodeLists: NodeLists

  init(
    _ state: RegistryState, pendingSources: [String], aliases: [Digest: Digest],
    wholeLists: WholeLists, nodeLists: NodeLists
  ) {
    self.state = state
    self.pendingSources = pendingSources
    self.aliases = aliases
    self.wholeLists = wholeLists
    self.nodeLists = nodeLists
    let etag = state.hash.etag
    self.etag = etag
    etagWithNodes =
      state.holdings.version == 0
      ? etag : Digest(sha256Of: Array("\(etag)\0\(state.holdings.heldHash.etag)".utf8)).hex
  }

  /// How many images there are.
  package var count: Int { state.count }
  /// What the list of them lacks.
  package var gaps: ListGaps { state.gaps }
}
