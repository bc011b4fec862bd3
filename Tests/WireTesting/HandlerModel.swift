internal import Diagnostics
internal import ImageAPI
internal import ImageWire
internal import MessagePack

/// What the handler must answer over ``Sample/cluster()``, worked out the simple way: look at each image, encode each time.
struct HandlerModel {
  private let names: [(reference: ImageReference, id: Digest)] = Sample.images.flatMap { image in
    (image.repoTags + image.repoDigests).compactMap { name in (try? ImageReference(name)).map { ($0, image.id) } }
  }

  /// Of what a list is.
  private struct View {
    var images = Sample.images
    var etag = Sample.etag
    var gaps = ListGaps()
  }

  /// The reply to anything but the methods `Status` and `ListNodes`.
  func reply(to request: Request) -> PackedBytes {
    var packer = Packer()
    do throws(APIError) {
      switch try request.call.get() {
      case .listImages(let call):
        let view = try view(of: call)
        if let expected = call.ifMatch, expected != view.etag {
          throw APIError(
            .failedPrecondition,
            "if_match: the images are not those of \(quoted(expected)) any more, but of \(view.etag): ask for the first page anew"
          )
        }
        let isKnown = call.ifNoneMatch == view.etag
        let found = isKnown ? [] : try images(named: call.image, among: view.images)
        packer.beginReply(request.envelope)
        if isKnown {
          packer.packNotModified(etag: view.etag, gaps: view.gaps)
        } else {
          pack(found, of: call, view, into: &packer)
        }
      case .imageLocality(let call):
        let locality = try locality(call)
        packer.beginReply(request.envelope)
        packer.pack(locality)
      case .listNodes, .status: break
      }
    } catch {
      packer.pack(error, in: request.envelope)
    }
    return packer.finish()
  }

  /// The result of `ListNodes`, with no ages.
  func nodes(_ call: ListNodesRequest) -> ListNodesReply {
    let etag = Sample.etagOfNodes
    guard call.ifNoneMatch != etag else { return .notModified(etag: etag, gaps: ListGaps()) }
    let rest = Sample.nodes.filter { node in call.resumption.map { node.name > $0 } ?? true }
    let page = Array(rest.prefix(call.limit ?? .max))
    return .nodes(
      NodeList(nodes: page, etag: etag, resumption: page.count < rest.count ? page.last?.name : nil))
  }

  private func view(of call: ListImagesRequest) throws(APIError) -> View {
    guard !call.listsNodes else { return View(etag: Sample.etagWithNodes) }
    guard let name = call.node else { return View() }
    guard let node = Sample.nodes.first(where: { $0.name == name }), node.state != .gone else {
      throw APIError(.notFound, "there is no node \(quoted(name))")
    }
    guard let images = Sample.images(ofNode: name) else {
      throw APIError(.unavailable, "not read yet: the node \(quoted(name)); there is no list of its images until then")
    }
    return View(images: images, etag: node.etag, gaps: node.gaps)
  }

  private func pack(_ found: [Image], of call: ListImagesRequest, _ view: View, into packer: inout Packer) {
    let rest = found.filter { image in call.resumption.map { image.id > $0 } ?? true }
    let page = rest.prefix(call.limit ?? .max)
    let resumption = page.count < rest.count ? page.last?.id : nil
    packer.beginImageList(count: page.count, isResumable: resumption != nil, gaps: view.gaps)
    for var image in page {
      if call.listsNodes { image.nodes = holders(of: image.id).map(\.name) }
      packer.pack(image)
    }
    packer.endImageList(etag: view.etag, resumption: resumption, gaps: view.gaps)
  }

  private func holders(of id: Digest) -> [NodeStatus] {
    Sample.nodes.filter { node in Sample.images(ofNode: node.name)?.contains { $0.id == id } ?? false }
  }

  private func images(named name: String, among images: [Image]) throws(APIError) -> [Image] {
    guard !name.isEmpty else { return images }
    if let id = Digest(name) { return images.filter { $0.id == id } }
    let reference = try ImageReference(name)
    let ids = names.filter { $0.reference == reference }.map(\.id)
    guard ids.isEmpty else { return images.filter { ids.contains($0.id) } }
    let begun = images.filter { $0.id.hex.hasPrefix(name) }
    return name.utf8.count >= 3 && begun.count == 1 ? begun : []
  }

  private func locality(_ call: ImageLocalityRequest) throws(APIError) -> ImageLocality {
    var images: [ImageLocality.RequestedImage] = []
    var nodes = Sample.nodes.map { ImageLocality.Node(name: $0.name, bytes: 0, images: []) }
    for (number, name) in call.images.enumerated() {
      guard let image = try self.images(named: name, among: Sample.images).first else {
        images.append(ImageLocality.RequestedImage(image: name))
        continue
      }
      let holders = holders(of: image.id).map(\.name)
      images.append(
        ImageLocality.RequestedImage(image: name, id: image.id, size: image.size, nodes: holders.count))
      for index in nodes.indices where holders.contains(nodes[index].name) {
        let (sum, isOver) = nodes[index].bytes.addingReportingOverflow(image.size)
        nodes[index].bytes = isOver ? .max : sum
        nodes[index].images.append(number)
      }
    }
    let best = nodes.filter { !$0.images.isEmpty }.sorted { ($1.bytes, $0.name) < ($0.bytes, $1.name) }
    return ImageLocality(
      images: images, nodes: Array(best.prefix(call.limit ?? ImageLocalityRequest.defaultLimit)))
  }
}
