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

  /// Begins the result of ListImages: `count` encoded images come next, then ``endImageList(etag:resumption:gaps:)``.
  package mutating func beginImageList(count: Int, isResumable: Bool = false, gaps: ListGaps = ListGaps()) {
    packMapHeader((isResumable ? 3 : 2) + Self.keyCount(of: gaps))
    packKey("images")
    packArrayHeader(count)
  }

  /// Ends the result of ListImages; `resumption` is the last image's id when there are more images than these.
  package mutating func endImageList(etag: String, resumption: Digest? = nil, gaps: ListGaps = ListGaps()) {
    packKey("etag")
    pack(etag)
    if let resumption {
      packKey("continue")
      pack(resumption.description)
    }
    pack(gaps)
  }

  /// Writes the result of ListImages or ListNodes for a client that holds the list already.
  package mutating func packNotModified(etag: String, gaps: ListGaps = ListGaps()) {
    packMapHeader(2 + Self.keyCount(of: gaps))
    packKey("not_modified")
    pack(true)
    packKey("etag")
    pack(etag)
    pack(gaps)
  }

  static func keyCount(of gaps: ListGaps) -> Int { (gaps.leftOut > 0 ? 1 : 0) + (gaps.stale.isEmpty ? 0 : 1) }

  /// Writes the keys that say what a list lacks; none where all is well.
  mutating func pack(_ gaps: ListGaps) {
    if gaps.leftOut > 0 {
      packKey("left_out")
      pack(gaps.leftOut)
    }
    if !gaps.stale.isEmpty {
      packKey("stale")
      packArrayHeader(gaps.stale.count)
      for source in gaps.stale { pack(source) }
    }
  }
}
