internal import Concurrency
package import ImageAPI
internal import ImageWire
internal import MessagePack

/// The images that a request asks for, as the registry held them at one moment: which images, which page of them, and
/// under which etag. In which encoding they leave is not decided here.
package struct Selection: Sendable {
  /// What was selected.
  enum Extent: Sendable {
    /// The client has the list already.
    case notModified
    /// Every image of the registry.
    case everything
    case none
    case one(ImageSlice)
    case several([ImageSlice])
  }

  /// Of whom, and in how much detail.
  enum View: Sendable {
    /// The images of all, as CRI has them.
    case plain
    /// The images of all, each with the names of the nodes that hold it.
    case withNodes
    /// The images of one node, as it says them.
    case node(UInt32)
  }

  let snapshot: RegistrySnapshot
  let view: View
  let extent: Extent
  /// The last image's id when more images follow, as the next request has it in `continue`.
  package let resumption: Digest?

  init(_ extent: Extent, of snapshot: RegistrySnapshot, _ view: View = .plain, resumption: Digest? = nil) {
    self.snapshot = snapshot
    self.view = view
    self.extent = extent
    self.resumption = resumption
  }

  /// The etag of everything that the registry held, or that the node held.
  package var etag: String { snapshot.etag(of: view) }

  /// The version of what the registry held: another one after each change, also of what is behind the images.
  package var version: UInt64 { snapshot.state.version }

  /// What the images lack.
  package var gaps: ListGaps { snapshot.gaps(of: view) }

  /// Whether the client has the list already, by the etag that it named.
  package var isNotModified: Bool { if case .notModified = extent { true } else { false } }

  /// How many images were selected.
  package var count: Int {
    switch extent {
    case .notModified, .none: 0
    case .everything: snapshot.count
    case .one: 1
    case .several(let slices): slices.reduce(0) { $0 + $1.count }
    }
  }

  /// The selected images in id order, some in each slice.
  var slices: [ImageSlice] {
    switch extent {
    case .notModified, .none: []
    case .one(let slice): [slice]
    case .several(let slices): slices
    case .everything: snapshot.state.slices
    }
  }

  /// The selected images in id order.
  package var images: [Image] {
    var images: [Image] = []
    images.reserveCapacity(count)
    forEachImage { image, _ in images.append(image) }
    return images
  }

  /// Gives the bytes of the selected images in id order, as they are on the wire.
  package func forEachEncodedImage(_ body: (RawSpan) -> Void) {
    for slice in slices {
      for position in 0..<slice.count { slice[position].withBytes(body) }
    }
  }

  /// Gives the selected images in id order, each with the numbers of the sources that hold it.
  package func forEachImage<Failure: Error>(
    _ body: (Image, _ sources: [Int]) throws(Failure) -> Void
  ) throws(Failure) {
    var unpacker = Unpacker(limits: .ofImages)
    for slice in slices {
      for position in 0..<slice.count {
        let one = slice[position]
        if let image = one.image(with: &unpacker) { try body(image, one.lastHolders.sources) }
      }
    }
  }
}
