internal import ImageAPI
internal import MessagePack

/// What the registry held at one moment. It never changes.
package final class RegistrySnapshot: Sendable {
  let state: RegistryState
  /// The sources that were never read: as long as there are any, there is no list.
  package let unread: [String]
  /// A digest of all the images: the same images have the same etag, on every worker and after a restart.
  package let etag: String
  /// Where the plain reply with all the images is kept from the first time that it is asked for.
  private let wholeLists: WholeLists

  init(_ state: RegistryState, unread: [String], wholeLists: WholeLists) {
    self.state = state
    self.unread = unread
    self.wholeLists = wholeLists
    etag = state.hash.etag
  }

  /// How many images there are.
  package var count: Int { state.count }

  /// The plain reply with all the images, or a recent one, as ``WholeLists/list(of:etag:orRecent:)`` has it.
  func encodedWholeList(orRecent: Bool) throws(APIError) -> PackedBytes {
    try wholeLists.list(of: state, etag: etag, orRecent: orRecent)
  }
}
