internal import ImageAPI
internal import MessagePack
internal import Synchronization

/// What the registry held at one moment. It never changes.
public final class RegistrySnapshot: Sendable {
  let contents: Contents
  /// The sources that were never read: as long as there are any, there is no list.
  public let unread: [String]
  /// A digest of all the images: the same images have the same etag, on every worker and after a restart.
  public let etag: String
  /// The plain reply with all the images, from the first time that it is asked for.
  private let wholeList = Mutex<PackedBytes?>(nil)

  init(_ contents: Contents, unread: [String]) {
    self.contents = contents
    self.unread = unread
    etag = contents.hash.etag
  }

  /// How many images there are.
  public var count: Int { contents.count }

  /// The plain reply with all the images, built once. Readers that come while it is built wait for it, as they would
  /// for one of their own.
  func encodedWholeList() -> PackedBytes {
    wholeList.withLock { list in
      if let list { return list }
      let made = encodeWholeList(in: .plain)
      list = made
      return made
    }
  }

  func encodeWholeList(in envelope: Envelope) -> PackedBytes {
    var packer = Packer(capacity: contents.byteCount + 256)
    packer.beginReply(envelope)
    packer.beginImageList(count: count)
    for index in 0..<Fanout<Shard>.count {
      contents.shards[index].bytes.withBytes { packer.append(encoded: $0) }
    }
    packer.endImageList(etag: etag)
    return packer.finish()
  }
}
