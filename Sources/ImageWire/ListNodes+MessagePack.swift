package import ImageAPI
package import MessagePack

extension ListNodesRequest {
  enum Key: String, CaseIterable {
    case limit
    case resumption = "continue"
    case ifNoneMatch = "if_none_match"
  }

  /// Reads the map of a request; nil stands for a key that is not there.
  init(decoding value: Value) throws(APIError) {
    var request = ListNodesRequest()
    try value.readFields(at: "request", Key.self, isRequest: true) { (key, value) throws(APIError) in
      guard !value.isNil else { return }
      switch key {
      case .limit: request.limit = try value.limit()
      case .resumption: request.resumption = try value.nodeName(at: "continue")
      case .ifNoneMatch: request.ifNoneMatch = try value.apiString(at: "if_none_match")
      }
    }
    guard request.ifNoneMatch == nil || request.resumption == nil else {
      throw .invalidArgument("if_none_match: it is for a first page, not together with continue")
    }
    self = request
  }
}

extension Packer {
  /// Writes a request for the method `ListNodes`; what is not set is left out.
  package mutating func pack(_ request: ListNodesRequest) {
    beginCall("ListNodes")
    let isSet = [request.limit != nil, request.resumption != nil, request.ifNoneMatch != nil]
    packMapHeader(isSet.count { $0 })
    if let limit = request.limit {
      packKey("limit")
      pack(limit)
    }
    if let resumption = request.resumption {
      packKey("continue")
      pack(resumption)
    }
    if let etag = request.ifNoneMatch {
      packKey("if_none_match")
      pack(etag)
    }
  }

  /// Writes the result of the method `ListNodes`.
  package mutating func pack(_ reply: ListNodesReply) {
    switch reply {
    case .nodes(let list): pack(list)
    case .notModified(let etag, let gaps): packNotModified(etag: etag, gaps: gaps)
    }
  }

  private mutating func pack(_ list: NodeList) {
    packMapHeader(2 + (list.resumption == nil ? 0 : 1) + Self.keyCount(of: list.gaps))
    packKey("nodes")
    packArrayHeader(list.nodes.count)
    for node in list.nodes { pack(node) }
    packKey("etag")
    pack(list.etag)
    if let resumption = list.resumption {
      packKey("continue")
      pack(resumption)
    }
    pack(list.gaps)
  }

  private mutating func pack(_ node: NodeStatus) {
    packMapHeader(5 + Self.keyCount(of: node.gaps))
    packKey("name")
    pack(node.name)
    packKey("state")
    pack(node.state.rawValue)
    packKey("images")
    pack(node.images)
    packKey("etag")
    pack(node.etag)
    packKey("age")
    pack(node.age)
    pack(node.gaps)
  }
}

extension ListNodesReply {
  private enum Key: String, CaseIterable {
    case nodes, etag, stale
    case leftOut = "left_out"
    case resumption = "continue"
    case notModified = "not_modified"
  }

  /// Reads the whole reply to the method `ListNodes`.
  ///
  /// - Throws: The ``APIError`` that the reply carries, or one with the code `INTERNAL` when it is no such reply.
  package init(decoding bytes: RawSpan, with unpacker: inout Unpacker) throws(APIError) {
    self = try unpacker.unpackResult(of: bytes) { (result) throws(APIError) in
      var list = NodeList(nodes: [], etag: "")
      var hasNodes = false
      var isUnchanged = false
      try result.readFields(at: "reply", Key.self) { (key, value) throws(APIError) in
        switch key {
        case .nodes:
          list.nodes = try value.list(at: "nodes", NodeStatus.init(decoding:))
          hasNodes = true
        case .etag: list.etag = try value.apiString(at: "etag")
        case .resumption: list.resumption = value.isNil ? nil : try value.apiString(at: "continue")
        case .notModified: isUnchanged = try value.flag(at: "not_modified")
        case .leftOut: list.gaps.leftOut = try value.count(at: "left_out")
        case .stale: list.gaps.stale = try value.strings(at: "stale")
        }
      }
      guard !list.etag.isEmpty else { throw .invalidArgument("it has no etag") }
      guard !isUnchanged else { return .notModified(etag: list.etag, gaps: list.gaps) }
      guard hasNodes else { throw .invalidArgument("it has neither nodes nor not_modified") }
      return .nodes(list)
    }
  }
}

extension NodeStatus {
  private enum Key: String, CaseIterable {
    case name, state, images, etag, age, stale
    case leftOut = "left_out"
  }

  fileprivate init(decoding value: Value) throws(APIError) {
    var node = NodeStatus(name: "", state: .syncing)
    try value.readFields(at: "node", Key.self) { (key, value) throws(APIError) in
      switch key {
      case .name: node.name = try value.apiString(at: "name")
      case .state:
        guard let state = State(rawValue: try value.apiString(at: "state")) else {
          throw APIError(value.mismatch(at: "state", expected: "current, syncing or gone"))
        }
        node.state = state
      case .images: node.images = try value.count(at: "images")
      case .etag: node.etag = try value.apiString(at: "etag")
      case .age: node.age = try value.unsigned(at: "age")
      case .leftOut: node.gaps.leftOut = try value.count(at: "left_out")
      case .stale: node.gaps.stale = try value.strings(at: "stale")
      }
    }
    self = node
  }
}
