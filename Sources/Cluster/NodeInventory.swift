internal import ImageAPI
internal import ImageRegistry

/// What a node has to say of itself: the bytes of its images and its record.
struct NodeInventory: Sendable {
  let images: [Digest: [UInt8]]
  let record: NodeRecord

  /// What a registry lists.
  init(of snapshot: RegistrySnapshot, _ sources: [SourceStatus], started: UInt64, version: String) throws {
    let selection = try snapshot.select(ListImagesRequest())
    var images: [Digest: [UInt8]] = [:]
    var order: [Digest] = []
    selection.forEachEncodedImage { bytes in
      let digest = Digest(sha256Of: bytes)
      images[digest] = bytes.withUnsafeBytes { Array($0) }
      order.append(digest)
    }
    self.images = images
    record = NodeRecord(
      images: order, etag: selection.etag, started: started, version: version,
      sources: sources.map(NodeRecord.Source.init))
  }
}
