package import ImageAPI
internal import ImageWire
internal import MessagePack

/// An image as a node says it is. Nodes that say the same bytes share one.
package final class HeldImage: Sendable {
  /// Of the bytes that it came in: the same for all nodes that say the same.
  package let digest: Digest
  /// The image's id.
  package let id: Digest
  let size: UInt64
  let chunk: Chunk

  /// Takes over an image.
  ///
  /// - Parameters:
  ///   - image: The image.
  ///   - digest: Of the bytes that it came in.
  package init(_ image: Image, digest: Digest) {
    self.digest = digest
    id = image.id
    size = image.size
    var packer = Packer(capacity: 512)
    packer.pack(image)
    chunk = Chunk(of: packer.finish())
  }

  var slice: ImageSlice { ImageSlice(0..<1, of: chunk) }
}
