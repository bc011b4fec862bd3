package import ImageAPI
package import MessagePack

extension ImageLocalityRequest {
  enum Key: String, CaseIterable {
    case images, limit
  }

  init(decoding value: Value) throws(APIError) {
    var request = ImageLocalityRequest(images: [])
    try value.readFields(at: "request", Key.self, isRequest: true) { (key, value) throws(APIError) in
      guard !value.isNil else { return }
      switch key {
      case .images: request.images = try value.strings(at: "images")
      case .limit: request.limit = try value.limit()
      }
    }
    guard (1...Self.maxImages).contains(request.images.count) else {
      throw .invalidArgument("images: expected 1 to \(Self.maxImages) images, got \(request.images.count)")
    }
    guard !request.images.contains("") else {
      throw .invalidArgument("images: expected references or ids, got an empty one")
    }
    self = request
  }
}

extension Packer {
  /// Writes a request for the method `ImageLocality`.
  package mutating func pack(_ request: ImageLocalityRequest) {
    beginCall("ImageLocality")
    packMapHeader(request.limit == nil ? 1 : 2)
    packKey("images")
    packArrayHeader(request.images.count)
    for image in request.images { pack(image) }
    if let limit = request.limit {
      packKey("limit")
      pack(limit)
    }
  }

  /// Writes the result of the method `ImageLocality`.
  package mutating func pack(_ locality: ImageLocality) {
    packMapHeader(2 + Self.keyCount(of: locality.gaps))
    packKey("images")
    packArrayHeader(locality.images.count)
    for image in locality.images {
      packMapHeader(4)
      packKey("image")
      pack(image.image)
      packKey("id")
      if let id = image.id { pack(id.description) } else { packNil() }
      packKey("size")
      pack(image.size)
      packKey("nodes")
      pack(image.nodes)
    }
    packKey("nodes")
    packArrayHeader(locality.nodes.count)
    for node in locality.nodes {
      packMapHeader(3)
      packKey("name")
      pack(node.name)
      packKey("bytes")
      pack(node.bytes)
      packKey("images")
      packArrayHeader(node.images.count)
      for image in node.images { pack(image) }
    }
    pack(locality.gaps)
  }
}

extension ImageLocality {
  private enum Key: String, CaseIterable {
    case images, nodes, stale
    case leftOut = "left_out"
  }

  /// Reads the whole reply to the method `ImageLocality`.
  ///
  /// - Throws: The ``APIError`` that the reply carries, or one with the code `INTERNAL` when it is no such reply.
  package init(decoding bytes: RawSpan, with unpacker: inout Unpacker) throws(APIError) {
    self = try unpacker.unpackResult(of: bytes) { (result) throws(APIError) in
      var images: [RequestedImage]?
      var nodes: [Node]?
      var gaps = ListGaps()
      try result.readFields(at: "reply", Key.self) { (key, value) throws(APIError) in
        switch key {
        case .images: images = try value.list(at: "images", RequestedImage.init(decoding:))
        case .nodes: nodes = try value.list(at: "nodes", Node.init(decoding:))
        case .leftOut: gaps.leftOut = try value.count(at: "left_out")
        case .stale: gaps.stale = try value.strings(at: "stale")
        }
      }
      guard let images, let nodes else { throw .invalidArgument("it has no images or no nodes") }
      return ImageLocality(images: images, nodes: nodes, gaps: gaps)
    }
  }
}

extension ImageLocality.RequestedImage {
  private enum Key: String, CaseIterable { case image, id, size, nodes }

  fileprivate init(decoding value: Value) throws(APIError) {
    var requested = ImageLocality.RequestedImage(image: "")
    try value.readFields(at: "image", Key.self) { (key, value) throws(APIError) in
      switch key {
      case .image: requested.image = try value.apiString(at: "image")
      case .id:
        guard !value.isNil else { return }
        guard let id = Digest(try value.apiString(at: "id")) else {
          throw APIError(value.mismatch(at: "id", expected: "an image's id or nil"))
        }
        requested.id = id
      case .size: requested.size = try value.unsigned(at: "size")
      case .nodes: requested.nodes = try value.count(at: "nodes")
      }
    }
    self = requested
  }
}

extension ImageLocality.Node {
  private enum Key: String, CaseIterable { case name, bytes, images }

  fileprivate init(decoding value: Value) throws(APIError) {
    var node = ImageLocality.Node(name: "", bytes: 0, images: [])
    try value.readFields(at: "node", Key.self) { (key, value) throws(APIError) in
      switch key {
      case .name: node.name = try value.apiString(at: "name")
      case .bytes: node.bytes = try value.unsigned(at: "bytes")
      case .images:
        node.images = try value.list(at: "images") { (number) throws(APIError) in try number.count(at: "images") }
      }
    }
    self = node
  }
}
