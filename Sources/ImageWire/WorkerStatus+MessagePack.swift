package import ImageAPI
package import MessagePack

extension Packer {
  /// Writes a request for the method `Status`.
  package mutating func packStatusRequest() {
    beginCall("Status", parameters: 0)
  }

  /// Writes the result of the method `Status`.
  package mutating func pack(_ status: WorkerStatus) {
    packMapHeader(9)
    packKey("node")
    pack(status.node)
    packKey("instance")
    pack(status.instance)
    packKey("version")
    pack(status.version)
    packKey("uptime")
    pack(status.uptime)
    packKey("ready")
    pack(status.isReady)
    packKey("images")
    pack(status.images)
    packKey("etag")
    pack(status.etag)
    packKey("requests")
    pack(status.requests)
    packKey("sources")
    packArrayHeader(status.sources.count)
    for source in status.sources {
      pack(source)
    }
  }

  private mutating func pack(_ requests: RequestCounts) {
    packMapHeader(3)
    packKey("answered")
    pack(requests.answered)
    packKey("errors")
    pack(requests.errors)
    packKey("reply_bytes")
    pack(requests.replyBytes)
  }

  private mutating func pack(_ source: SourceStatus) {
    packMapHeader(source.runtime.isEmpty ? 9 : 10)
    packKey("name")
    pack(source.name)
    packKey("state")
    pack(source.state.rawValue)
    if !source.runtime.isEmpty {
      packKey("runtime")
      pack(source.runtime)
    }
    packKey("images")
    pack(source.images)
    packKey("left_out_count")
    pack(source.leftOutCount)
    packKey("left_out")
    packArrayHeader(source.leftOut.count)
    for image in source.leftOut {
      packMapHeader(3)
      packKey("image")
      pack(image.image)
      packKey("path")
      pack(image.path)
      packKey("reason")
      pack(image.reason)
    }
    packKey("passed_over")
    pack(source.passedOver)
    packKey("absent")
    pack(source.absent)
    packKey("age")
    if let age = source.age { pack(age) } else { packNil() }
    packKey("last_error")
    pack(source.lastError)
  }
}

extension WorkerStatus {
  private enum Key: String, CaseIterable {
    case node, instance, version, uptime, ready, images, etag, requests, sources
  }

  /// Reads the reply `[1, msgid, error, result]` to the method `Status`.
  ///
  /// - Throws: The ``APIError`` that the reply carries, or one with the code `INTERNAL` when it is no such reply.
  package init(decoding bytes: RawSpan, with unpacker: inout Unpacker) throws(APIError) {
    self = try unpacker.unpackResult(of: bytes) { (result) throws(APIError) in try WorkerStatus(decoding: result) }
  }

  private init(decoding value: Value) throws(APIError) {
    var status = WorkerStatus(
      node: "", instance: "", version: "", uptime: 0, isReady: false, images: 0, etag: "", sources: [])
    try value.readFields(at: "status", Key.self) { (key, value) throws(APIError) in
      switch key {
      case .node: status.node = try value.apiString(at: "node")
      case .instance: status.instance = try value.apiString(at: "instance")
      case .version: status.version = try value.apiString(at: "version")
      case .uptime: status.uptime = try value.unsigned(at: "uptime")
      case .ready: status.isReady = try value.flag(at: "ready")
      case .images: status.images = try value.count(at: "images")
      case .etag: status.etag = try value.apiString(at: "etag")
      case .requests: status.requests = try RequestCounts(decoding: value)
      case .sources: status.sources = try value.list(at: "sources", SourceStatus.init(decoding:))
      }
    }
    self = status
  }
}

extension RequestCounts {
  private enum Key: String, CaseIterable {
    case answered, errors
    case replyBytes = "reply_bytes"
  }

  fileprivate init(decoding value: Value) throws(APIError) {
    var counts = RequestCounts()
    try value.readFields(at: "requests", Key.self) { (key, value) throws(APIError) in
      switch key {
      case .answered: counts.answered = try value.unsigned(at: "answered")
      case .errors: counts.errors = try value.unsigned(at: "errors")
      case .replyBytes: counts.replyBytes = try value.unsigned(at: "reply_bytes")
      }
    }
    self = counts
  }
}

extension SourceStatus {
  private enum Key: String, CaseIterable {
    case name, state, runtime, images, absent, age
    case passedOver = "passed_over"
    case leftOutCount = "left_out_count"
    case leftOut = "left_out"
    case lastError = "last_error"
  }

  fileprivate init(decoding value: Value) throws(APIError) {
    var source = SourceStatus(name: "", state: .pending)
    try value.readFields(at: "source", Key.self) { (key, value) throws(APIError) in
      switch key {
      case .name: source.name = try value.apiString(at: "name")
      case .state:
        guard let state = State(rawValue: try value.apiString(at: "state")) else {
          throw APIError(value.mismatch(at: "state", expected: "pending, current or stale"))
        }
        source.state = state
      case .runtime: source.runtime = try value.apiString(at: "runtime")
      case .images: source.images = try value.count(at: "images")
      case .leftOutCount: source.leftOutCount = try value.count(at: "left_out_count")
      case .leftOut: source.leftOut = try value.list(at: "left_out", SkippedImage.init(decoding:))
      case .passedOver: source.passedOver = try value.count(at: "passed_over")
      case .absent: source.absent = try value.count(at: "absent")
      case .age: source.age = value.isNil ? nil : try value.unsigned(at: "age")
      case .lastError: source.lastError = try value.apiString(at: "last_error")
      }
    }
    self = source
  }
}

extension SkippedImage {
  private enum Key: String, CaseIterable { case image, path, reason }

  fileprivate init(decoding value: Value) throws(APIError) {
    var image = SkippedImage(image: "", path: "", reason: "")
    try value.readFields(at: "left_out", Key.self) { (key, value) throws(APIError) in
      switch key {
      case .image: image.image = try value.apiString(at: "image")
      case .path: image.path = try value.apiString(at: "path")
      case .reason: image.reason = try value.apiString(at: "reason")
      }
    }
    self = image
  }
}
