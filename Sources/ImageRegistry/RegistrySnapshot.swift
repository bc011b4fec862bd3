internal import ImageAPI
internal import MessagePack

/// What the registry held at one moment. It never changes.
public final class RegistrySnapshot: Sendable {
  let contents: Contents
  /// The sources that were never read: as long as there are any, there is no list.
  public let unread: [String]
  /// A digest of all the images: the same images have the same etag, on every worker and after a restart.
  public let etag: String
  /// Where the plain reply with all the images is kept from the first time that it is asked for.
  private let wholeLists: WholeLists

  init(_ contents: Contents, unread: [String], wholeLists: WholeLists) {
    self.contents = contents
    self.unread = unread
    self.wholeLists = wholeLists
    etag = contents.hash.etag
  }

  /// How many images there are.
  public var count: Int { contents.count }

  /// The plain reply with all the images, or a recent one, as ``WholeLists/list(of:etag:orRecent:)`` has it.
  func encodedWholeList(orRecent: Bool) throws(APIError) -> PackedBytes {
    try wholeLists.list(of: contents, etag: etag, orRecent: orRecent)
  }
}
