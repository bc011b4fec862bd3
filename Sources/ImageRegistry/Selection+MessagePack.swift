package import ImageAPI
package import ImageWire
package import MessagePack

extension Packer {
  /// Writes the whole reply to ListImages.
  package mutating func pack(_ selection: Selection, in envelope: Envelope) {
    beginReply(envelope)
    switch selection.extent {
    case .notModified: packNotModified(etag: selection.etag, gaps: selection.gaps)
    case .none: packImageList(of: selection, count: 0) { _ in }
    case .one(let image):
      packImageList(of: selection, count: 1) { packer in packer.append(image, of: selection) }
    case .several, .everything:
      let slices = selection.slices
      reserve(slices.reduce(256) { $0 + $1.byteCount })
      packImageList(of: selection, count: slices.reduce(0) { $0 + $1.count }) { packer in
        for slice in slices { packer.append(slice, of: selection) }
      }
    }
  }

  @inline(__always)
  private mutating func append(_ slice: ImageSlice, of selection: Selection) {
    guard case .withNodes = selection.view else { return slice.withBytes { append(encoded: $0) } }
    appendWithNodes(slice, selection.snapshot.state.holdings)
  }

  private mutating func appendWithNodes(_ slice: ImageSlice, _ holdings: Holdings) {
    let names = holdings.names.table(of: holdings)
    for position in 0..<slice.count {
      let image = slice[position]
      let holders = holdings.holders(of: image.lastID)
      // And what ends the reply, so that the memory is not moved.
      reserve(image.byteCount + names.byteCount(ofNodes: holders.count) + 256)
      image.withBytes { bytes in
        pack(encoded: bytes, nodes: holders.count) { packer in
          names.forEachRun(of: holders) { run in
            names.bytes.withBytes { packer.append(encoded: $0.extracting(names.range(of: run))) }
          }
        }
      }
    }
  }

  @inline(__always)
  private mutating func packImageList(of selection: Selection, count: Int, _ packImages: (inout Packer) -> Void) {
    beginImageList(count: count, isResumable: selection.resumption != nil, gaps: selection.gaps)
    packImages(&self)
    endImageList(etag: selection.etag, resumption: selection.resumption, gaps: selection.gaps)
  }
}

extension Selection {
  /// The plain reply, where it is the one with every image: the same bytes for all readers of a state.
  ///
  /// While images change, a list of more than ``ReplySizes/minShared`` bytes may be older than the selection, by a
  /// millisecond for each megabyte, so that readers share it.
  ///
  /// - Parameter orRecent: Whether such an older list will do.
  /// - Returns: The whole reply; nil where something else was selected.
  /// - Throws: ``APIError`` with the code `RESOURCE_EXHAUSTED` when readers hold the lists of too many other states.
  package func sharedReply(orRecent: Bool = false) throws(APIError) -> PackedBytes? {
    guard case .everything = extent, case .plain = view else { return nil }
    return try snapshot.wholeLists.list(of: snapshot.state, etag: snapshot.etag, orRecent: orRecent)
  }

  /// The plain reply, where it is one image with the names of so many nodes that it is kept: the same bytes for all readers
  /// of a state.
  ///
  /// - Returns: The whole reply; nil where something else was selected.
  package func keptReply() -> PackedBytes? {
    guard case .withNodes = view, case .one(let image) = extent, resumption == nil else { return nil }
    let holdings = snapshot.state.holdings
    guard holdings.holders(of: image.lastID).count >= Self.manyNodes else { return nil }
    return snapshot.nodeLists.reply(with: image.lastID, of: snapshot.state) {
      var packer = Packer()
      packer.pack(self, in: .plain)
      return packer.finish()
    }
  }

  /// From so many nodes on, a reply is kept. Their names are some 16 KB.
  private static let manyNodes = 512

  /// The whole reply.
  ///
  /// - Throws: As ``sharedReply(orRecent:)``.
  package func reply(in envelope: Envelope) throws(APIError) -> PackedBytes {
    if envelope == .plain, let ready = try sharedReply() ?? keptReply() { return ready }
    var packer = Packer()
    packer.pack(self, in: envelope)
    return packer.finish()
  }
}
