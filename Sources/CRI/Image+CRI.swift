internal import CRIProtocol
internal import ImageAPI
internal import ImageSources

extension CRIImage {
  /// An image as CRI has it.
  init(_ image: Image) {
    self.init()
    id = image.id.description
    repoTags = image.repoTags
    repoDigests = image.repoDigests
    size = image.size
    switch image.user {
    case .unspecified: break
    case .uid(let number): uid.value = number
    case .name(let name): username = name
    }
    if let spec = image.spec { self.spec = CRIImageSpec(spec) }
    pinned = image.pinned
  }
}

extension CRIImageSpec {
  init(_ spec: ImageSpec) {
    self.init()
    image = spec.image
    annotations = spec.annotations
    userSpecifiedImage = spec.userSpecifiedImage
    runtimeHandler = spec.runtimeHandler
    imageRef = spec.imageRef
  }
}

extension ImageSpec {
  init(_ spec: CRIImageSpec) {
    self.init(
      image: spec.image, annotations: spec.annotations, userSpecifiedImage: spec.userSpecifiedImage,
      runtimeHandler: spec.runtimeHandler, imageRef: spec.imageRef)
  }
}

extension Image {
  /// An image as a runtime lists it; nil without a valid id.
  ///
  /// The bare id of CRI-O and iSulad gets its `sha256:`. A digest without a repository, which iSulad lists for an embedded
  /// image, is no name, and `<none>` is a table's word for the lack of one.
  init?(_ image: CRIImage) {
    guard let id = Digest(image.id) else { return nil }
    self.init(
      id: id,
      repoTags: image.repoTags.filter { !$0.isEmpty && !$0.hasPrefix("<none>") },
      repoDigests: image.repoDigests.filter(Self.isDigestOfRepository),
      size: image.size,
      user: image.hasUid ? .uid(image.uid.value) : image.username.isEmpty ? .unspecified : .name(image.username),
      spec: image.hasSpec ? ImageSpec(image.spec) : nil,
      pinned: image.pinned)
  }

  private static func isDigestOfRepository(_ name: String) -> Bool {
    guard let separator = name.firstIndex(of: "@"), separator != name.startIndex else { return false }
    return !name.hasPrefix("<none>") && name[separator...].contains(":")
  }
}

extension Inventory {
  /// What a runtime lists at a socket. One id may stand there several times: the registry unites them.
  init(_ images: [CRIImage], at socket: String) {
    self.init()
    for image in images {
      if let listed = Image(image) {
        self.images.append(listed)
      } else {
        let name = image.repoTags.first ?? image.repoDigests.first ?? image.id
        leftOut.append(SkippedImage(name, at: socket, "its id is no SHA-256 digest: \(image.id)"))
      }
    }
  }
}
