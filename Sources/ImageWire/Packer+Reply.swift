package import ImageAPI
package import MessagePack

extension Packer {
  /// Begins a reply: what comes next is the map that is its result.
  package mutating func beginReply(_ envelope: Envelope) {
    guard case .rpc(let messageID) = envelope else { return }
    beginRPC(messageID)
    packNil()
  }

  /// Writes a whole error reply.
  package mutating func pack(_ error: APIError, in envelope: Envelope) {
    switch envelope {
    case .plain:
      packMapHeader(1)
      packKey("error")
      pack(error)
    case .rpc(let messageID):
      beginRPC(messageID)
      pack(error)
      packNil()
    }
  }

  private mutating func beginRPC(_ messageID: UInt32) {
    packArrayHeader(4)
    pack(1)
    pack(UInt64(messageID))
  }

  /// Begins the result of ListImages: `count` encoded images come next, then ``endImageList(etag:resumption:)``.
  package mutating func beginImageList(count: Int, isResumable: Bool = false) {
    packMapHeader(isResumable ? 3 : 2)
    packKey("images")
    packArrayHeader(count)
  }

  /// Ends the result of ListImages; `resumption` is the last image's id when there are more images than these.
  package mutating func endImageList(etag: String, resumption: Digest? = nil) {
    packKey("etag")
    pack(etag)
    if let resumption {
      packKey("continue")
      pack(resumption.description)
    }
  }

  /// Writes the result of ListImages for a client that holds the list already.
  package mutating func packNotModified(etag: String) {
    packMapHeader(2)
    packKey("not_modified")
    pack(true)
    packKey("etag")
    pack(etag)
  }
}
