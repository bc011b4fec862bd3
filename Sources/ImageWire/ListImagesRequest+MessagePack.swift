internal import Diagnostics
package import ImageAPI
package import MessagePack

extension ListImagesRequest {
  /// The keys of a request.
  enum Key: String, CaseIterable {
    // A name is compared with one after the other: those that are asked most often are first.
    case filter
    case ifNoneMatch = "if_none_match"
    case node, limit
    case listsNodes = "nodes"
    case ifMatch = "if_match"
    case resumption = "continue"
  }

  /// Reads the map of a request; nil stands for a key that is not there.
  init(decoding value: Value) throws(APIError) {
    // Not in `self`, of which a closure that changes it makes copies.
    var image = ""
    var node, ifNoneMatch, ifMatch: String?
    var listsNodes = false
    var limit: Int?
    var resumption: Digest?
    try value.readFields(at: "request", Key.self, isRequest: true) { (key, value) throws(APIError) in
      guard !value.isNil else { return }
      switch key {
      case .filter: image = try value.filteredImage()
      case .node: node = try value.nodeName(at: "node")
      case .listsNodes: listsNodes = try value.flag(at: "nodes")
      case .ifNoneMatch: ifNoneMatch = try value.apiString(at: "if_none_match")
      case .ifMatch: ifMatch = try value.apiString(at: "if_match")
      case .limit: limit = try value.limit()
      case .resumption:
        guard let id = Digest(try value.apiString(at: "continue")) else {
          throw APIError(value.mismatch(at: "continue", expected: "the `continue` of an earlier reply"))
        }
        resumption = id
      }
    }
    guard ifNoneMatch == nil || resumption == nil else {
      throw .invalidArgument(
        "if_none_match: it is for a first page; with continue, if_match keeps the pages of one state together")
    }
    guard node == nil || !listsNodes else {
      throw .invalidArgument("nodes: it is for the images of all nodes, and node for those of one")
    }
    self.init(
      image: image, node: node, listsNodes: listsNodes, ifNoneMatch: ifNoneMatch, ifMatch: ifMatch, limit: limit,
      resumption: resumption)
  }
}

extension Packer {
  /// Writes the request in its plain form; what is not set is left out.
  package mutating func pack(_ request: ListImagesRequest) {
    let isSet = [
      !request.image.isEmpty, request.node != nil, request.listsNodes, request.ifNoneMatch != nil,
      request.ifMatch != nil, request.limit != nil,
      request.resumption != nil,
    ]
    packMapHeader(isSet.count { $0 })
    if !request.image.isEmpty {
      packKey("filter")
      packMapHeader(1)
      packKey("image")
      packMapHeader(1)
      packKey("image")
      pack(request.image)
    }
    if let node = request.node {
      packKey("node")
      pack(node)
    }
    if request.listsNodes {
      packKey("nodes")
      pack(true)
    }
    if let etag = request.ifNoneMatch {
      packKey("if_none_match")
      pack(etag)
    }
    if let etag = request.ifMatch {
      packKey("if_match")
      pack(etag)
    }
    if let limit = request.limit {
      packKey("limit")
      pack(limit)
    }
    if let resumption = request.resumption {
      packKey("continue")
      pack(resumption.description)
    }
  }
}

extension Value {
  /// How many of something a page may have.
  func limit() throws(APIError) -> Int {
    guard let limit = int64, limit > 0 else {
      throw APIError(mismatch(at: "limit", expected: "an integer from 1 on"))
    }
    return Int(limit)
  }

  func nodeName(at path: StaticString) throws(APIError) -> String {
    let name = try apiString(at: path)
    guard NodeStatus.isName(name) else {
      throw APIError(mismatch(at: path, expected: "the name of a node, as Kubernetes has them"))
    }
    return name
  }
}

extension Value {
  /// The keys of CRI's `ImageSpec` in a request.
  enum FilterKey: String, CaseIterable {
    case image, annotations
    case userSpecifiedImage = "user_specified_image"
    case runtimeHandler = "runtime_handler"
    case imageRef = "image_ref"
  }

  /// The image that a filter names, in either of its two forms: CRI's `ImageFilter{image: ImageSpec}`, and the
  /// `ImageSpec` that iSulad's page of ListImages documents.
  fileprivate func filteredImage() throws(APIError) -> String {
    guard let pairs else {
      throw APIError(mismatch(at: "filter", expected: "a map such as {\"image\": \"busybox\"}"))
    }
    if pairs.count == 1, pairs[0].key.equals("image"), pairs[0].value.pairs != nil {
      return try pairs[0].value.specifiedImage(at: "filter.image")
    }
    return try specifiedImage(at: "filter")
  }

  private func specifiedImage(at path: StaticString) throws(APIError) -> String {
    var image = ""
    try readFields(at: path, FilterKey.self, isRequest: true) { (key, value) throws(APIError) in
      switch key {
      case .image: image = try value.optionalString(at: "filter.image")
      case .annotations: try value.checkAnnotations()
      case .userSpecifiedImage: _ = try value.optionalString(at: "user_specified_image")
      case .runtimeHandler: _ = try value.optionalString(at: "runtime_handler")
      case .imageRef: _ = try value.optionalString(at: "image_ref")
      }
    }
    return image
  }

  private func checkAnnotations() throws(APIError) {
    guard !isNil else { return }
    guard let pairs else { throw APIError(mismatch(at: "annotations", expected: "a map")) }
    // By bytes, as `String` takes keys for equal that differ in how they compose an accent.
    var keys: Set<[UInt8]> = []
    for (key, value) in pairs {
      let name = try key.apiString(at: "annotations")
      guard keys.insert(Array(name.utf8)).inserted else {
        throw .invalidArgument("annotations: the key \(quoted(name)) stands there twice")
      }
      try value.apiString(at: "annotations")
    }
  }
}
