internal import Diagnostics
internal import ImageAPI
internal import ImageWire
internal import MessagePack

/// What the handler must answer, worked out the simple way: look at each image, encode each time.
struct HandlerModel {
  private let names: [(reference: ImageReference, id: Digest)] = Sample.images.flatMap { image in
    (image.repoTags + image.repoDigests).compactMap { name in (try? ImageReference(name)).map { ($0, image.id) } }
  }

  /// The reply to anything but the method `Status`.
  func reply(to request: Request) -> PackedBytes {
    var packer = Packer()
    do throws(APIError) {
      guard case .listImages(let call) = try request.call.get() else { return packer.finish() }
      if let expected = call.ifMatch, expected != Sample.etag {
        throw APIError(
          .failedPrecondition,
          "if_match: the images are not those of \(quoted(expected)) any more, but of \(Sample.etag): ask for the first page anew"
        )
      }
      let found = call.ifNoneMatch == Sample.etag ? [] : try images(named: call.image)
      packer.beginReply(request.envelope)
      if call.ifNoneMatch == Sample.etag {
        packer.packNotModified(etag: Sample.etag)
      } else {
        pack(found, of: call, into: &packer)
      }
    } catch {
      packer.pack(error, in: request.envelope)
    }
    return packer.finish()
  }

  private func pack(_ found: [Image], of call: ListImagesRequest, into packer: inout Packer) {
    let rest = found.filter { image in call.resumption.map { image.id > $0 } ?? true }
    let page = rest.prefix(call.limit ?? .max)
    let resumption = page.count < rest.count ? page.last?.id : nil
    packer.beginImageList(count: page.count, isResumable: resumption != nil)
    for image in page { packer.pack(image) }
    packer.endImageList(etag: Sample.etag, resumption: resumption)
  }

  private func images(named name: String) throws(APIError) -> [Image] {
    guard !name.isEmpty else { return Sample.images }
    if let id = Digest(name) { return Sample.images.filter { $0.id == id } }
    let reference = try ImageReference(name)
    let ids = names.filter { $0.reference == reference }.map(\.id)
    guard ids.isEmpty else { return Sample.images.filter { ids.contains($0.id) } }
    let begun = Sample.images.filter { $0.id.hex.hasPrefix(name) }
    return name.utf8.count >= 3 && begun.count == 1 ? begun : []
  }
}
