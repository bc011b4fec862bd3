import ImageAPI
import ImageRegistry
import ImageWire
import MessagePack
import WaybillServer

/// One kind of the work that waybill does for each request or each change, to be done again and again.
package final class Workload {
  package enum Kind: String, CaseIterable {
    /// Reads a request that names an image.
    case decode
    /// Encodes an image.
    case encode
    /// Takes the registry's current state.
    case snapshot
    /// Answers with all the images, which nobody changes.
    case list
    /// Answers with the image of a name.
    case name
    /// Answers with the image of an id.
    case id
    /// Tells a client that it has the list already.
    case notModified = "not-modified"
    /// Answers with a hundred images from the middle of the list.
    case page
    /// Adds an image.
    case insert
    /// Changes a name of an image.
    case change
    /// Changes a name of an image, then answers with all the images.
    case changeAndList = "change-and-list"
  }

  private let kind: Kind
  private let registry = ImageRegistry(sources: ["generated"])
  private let images: Int
  private let request: [UInt8]
  private var handler: RequestHandler
  private var unpacker = Unpacker()
  private var changes = 0

  /// Work with a registry of so many images.
  package init(_ kind: Kind, images: Int) {
    self.kind = kind
    self.images = images
    registry.replaceContents(ofSource: 0, with: (0..<images).lazy.map { GeneratedImage(number: $0).image })
    request = kind.request(about: GeneratedImage(number: images / 2).image, etag: registry.snapshot.etag)
    handler = RequestHandler(registry: registry)
  }

  package func run(times: Int) {
    let request = request
    for _ in 0..<times {
      switch kind {
      case .decode: use(Request(decoding: request.span.bytes, with: &unpacker))
      case .encode:
        var packer = Packer(capacity: 512)
        packer.pack(GeneratedImage(number: images / 2).image)
        use(packer.count)
      case .snapshot: use(registry.snapshot)
      case .list, .name, .id, .notModified, .page: use(handler.answer(request.span.bytes))
      case .insert: insert()
      case .change: change()
      case .changeAndList:
        change()
        use(handler.answer(request.span.bytes))
      }
    }
  }

  private func insert() {
    changes += 1
    registry.update(source: 0, upserting: [GeneratedImage(number: images + changes).image])
  }

  private func change() {
    changes += 1
    // Far apart, so that no cache has the shard yet.
    let image = GeneratedImage(number: changes &* 7_919 % images, change: UInt32(truncatingIfNeeded: changes)).image
    registry.update(source: 0, upserting: [image])
  }

  /// Takes a value that somebody made, so that the compiler cannot leave out making it.
  @inline(never)
  private func use<Value>(_ value: Value) {}
}

extension Workload.Kind {
  fileprivate func request(about image: Image, etag: String) -> [UInt8] {
    let request =
      switch self {
      case .name, .decode: ListImagesRequest(image: image.repoTags.first ?? "")
      case .id: ListImagesRequest(image: image.id.description)
      case .notModified: ListImagesRequest(ifNoneMatch: etag)
      case .page: ListImagesRequest(limit: 100, resumption: image.id)
      default: ListImagesRequest()
      }
    var packer = Packer()
    packer.pack(request)
    return packer.withBytes { bytes in bytes.withUnsafeBytes { [UInt8]($0) } }
  }
}
