/// What the registry held at one moment. It never changes.
package final class RegistrySnapshot: Sendable {
  let state: RegistryState
  /// The sources that were never read: as long as there are any, there is no list.
  package let pendingSources: [String]
  /// A digest of all the images: the same images have the same etag, on every worker and after a restart.
  package let etag: String
  /// Where the plain reply with all the images is kept from the first time that it is asked for.
  let wholeLists: WholeLists

  init(_ state: RegistryState, pendingSources: [String], wholeLists: WholeLists) {
    self.state = state
    self.pendingSources = pendingSources
    self.wholeLists = wholeLists
    etag = state.hash.etag
  }

  /// How many images there are.
  package var count: Int { state.count }
}
