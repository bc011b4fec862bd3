package import ImageAPI
package import MessagePack

extension Packer {
  /// Writes an image with all eight of CRI's keys, in CRI's order, and `nodes` where it has them.
  package mutating func pack(_ image: Image) { give(image) }

  /// Writes an image that was encoded without `nodes`, and the names of `count` nodes.
  package mutating func pack(encoded image: RawSpan, nodes count: Int, _ packNames: (inout Packer) -> Void) {
    packMapHeader(9)
    append(encoded: image.extracting(1..<image.byteCount))
    packKey("nodes")
    packArrayHeader(count)
    packNames(&self)
  }
}

extension Image {
  /// Whether these bytes are the image, as ``MessagePack/Packer/pack(_:)`` writes it.
  package func isEncoded(as bytes: RawSpan) -> Bool {
    PackedComparison.matches(bytes) { $0.give(self) }
  }
}

extension ObjectSink where Self: ~Copyable {
  /// Gives an image with all eight of CRI's keys, in CRI's order.
  fileprivate mutating func give(_ image: Image) {
    packMapHeader(image.nodes == nil ? 8 : 9)
    packKey("id")
    pack(image.id.description)
    packKey("repo_tags")
    give(image.repoTags)
    packKey("repo_digests")
    give(image.repoDigests)
    packKey("size")
    pack(image.size)
    packKey("uid")
    if case .uid(let uid) = image.user {
      packMapHeader(1)
      packKey("value")
      pack(uid)
    } else {
      packNil()
    }
    packKey("username")
    if case .name(let name) = image.user { pack(name) } else { packKey("") }
    packKey("spec")
    if let spec = image.spec { give(spec) } else { packNil() }
    packKey("pinned")
    pack(image.pinned)
    if let nodes = image.nodes {
      packKey("nodes")
      give(nodes)
    }
  }

  private mutating func give(_ strings: [String]) {
    packArrayHeader(strings.count)
    for string in strings {
      pack(string)
    }
  }

  /// Annotations in the order of their keys, so that equal images have equal bytes.
  private mutating func give(_ spec: ImageSpec) {
    packMapHeader(5)
    packKey("image")
    pack(spec.image)
    packKey("annotations")
    packMapHeader(spec.annotations.count)
    for (key, value) in spec.annotations.sorted(by: { $0.key.precedes($1.key) }) {
      pack(key)
      pack(value)
    }
    packKey("user_specified_image")
    pack(spec.userSpecifiedImage)
    packKey("runtime_handler")
    pack(spec.runtimeHandler)
    packKey("image_ref")
    pack(spec.imageRef)
  }
}

extension Image {
  /// The id of an image that was written here, without decoding the image: it stands first.
  package static func id(ofEncoded image: RawSpan) -> Digest {
    Digest(words: (idWord(0, of: image), idWord(1, of: image), idWord(2, of: image), idWord(3, of: image)))
  }

  /// Whether the id of an image that was written here is this one or one after it.
  package static func hasID(_ image: RawSpan, notBefore id: Digest) -> Bool {
    let leading = idWord(0, of: image)
    return leading == id.words.0 ? self.id(ofEncoded: image) >= id : leading > id.words.0
  }

  /// Where the text of the id begins: behind 88, a2 "id" and d9 47.
  private static let idStart = 6
  private static let idLength = 71

  private static func idWord(_ number: Int, of image: RawSpan) -> UInt64 {
    let start = idStart + "sha256:".utf8.count + number * 16
    return ASCII.word(
      ofHexDigits: image.unsafeLoadUnaligned(fromByteOffset: start, as: UInt64.self),
      image.unsafeLoadUnaligned(fromByteOffset: start + 8, as: UInt64.self))
  }

  private enum Key: String, CaseIterable {
    case id, size, uid, username, spec, pinned, nodes
    case repoTags = "repo_tags"
    case repoDigests = "repo_digests"
  }

  /// Reads an image as a reply has it.
  ///
  /// - Throws: ``APIError`` with the code `INVALID_ARGUMENT`, naming the field.
  package init(decoding value: Value) throws(APIError) {
    var id: Digest?
    var repoTags: [String] = []
    var repoDigests: [String] = []
    var size: UInt64 = 0
    var uid: Int64?
    var username = ""
    var spec: ImageSpec?
    var pinned = false
    var nodes: [String]?
    try value.readFields(at: "image", Key.self) { (key, value) throws(APIError) in
      switch key {
      case .id: id = Digest(try value.apiString(at: "id"))
      case .repoTags: repoTags = try value.strings(at: "repo_tags")
      case .repoDigests: repoDigests = try value.strings(at: "repo_digests")
      case .size: size = try value.unsigned(at: "size")
      case .uid: uid = try value.wrappedInteger()
      case .username: username = try value.apiString(at: "username")
      case .spec: spec = value.isNil ? nil : try ImageSpec(decoding: value)
      case .pinned: pinned = try value.flag(at: "pinned")
      case .nodes: nodes = try value.strings(at: "nodes")
      }
    }
    guard let id else { throw .invalidArgument("image: an id is sha256: and 64 hexadecimal digits") }
    guard uid == nil || username.isEmpty else {
      throw .invalidArgument("image: uid and username exclude each other")
    }
    let user = uid.map { ImageUser.uid($0) } ?? (username.isEmpty ? .unspecified : .name(username))
    self.init(
      id: id, repoTags: repoTags, repoDigests: repoDigests, size: size, user: user, spec: spec, pinned: pinned,
      nodes: nodes)
  }
}

extension Image {
  /// Where all names of an image stand that was written here, each once, without decoding the image.
  package static func nameRanges(ofEncoded image: RawSpan) -> [Range<Int>] {
    // Tags and digests follow the id. Neither list has a name twice.
    var cursor = PackedCursor(at: idStart + idLength)
    _ = cursor.takeText(of: image)
    var names = (0..<cursor.takeArrayHeader(of: image)).map { _ in cursor.takeText(of: image) }
    let tags = names.indices
    _ = cursor.takeText(of: image)
    for _ in 0..<cursor.takeArrayHeader(of: image) {
      let name = cursor.takeText(of: image)
      if !names[tags].contains(where: { image.extracting($0).hasSameBytes(as: image.extracting(name)) }) {
        names.append(name)
      }
    }
    return names
  }

  /// Whether any name of an image that was written here is as `isMeant` wants it, without decoding the image.
  package static func hasName(encoded image: RawSpan, _ isMeant: (RawSpan) -> Bool) -> Bool {
    var cursor = PackedCursor(at: idStart + idLength)
    for _ in ["repo_tags", "repo_digests"] {
      _ = cursor.takeText(of: image)
      for _ in 0..<cursor.takeArrayHeader(of: image) {
        if isMeant(image.extracting(cursor.takeText(of: image))) { return true }
      }
    }
    return false
  }
}

extension ImageSpec {
  private enum Key: String, CaseIterable {
    case image, annotations
    case userSpecifiedImage = "user_specified_image"
    case runtimeHandler = "runtime_handler"
    case imageRef = "image_ref"
  }

  fileprivate init(decoding value: Value) throws(APIError) {
    var spec = ImageSpec()
    try value.readFields(at: "spec", Key.self) { (key, value) throws(APIError) in
      switch key {
      case .image: spec.image = try value.apiString(at: "spec.image")
      case .annotations:
        guard let map = value.map else { throw APIError(value.mismatch(at: "annotations", expected: "a map")) }
        for (key, value) in map {
          spec.annotations[try key.apiString(at: "annotations")] = try value.apiString(at: "annotations")
        }
      case .userSpecifiedImage: spec.userSpecifiedImage = try value.apiString(at: "user_specified_image")
      case .runtimeHandler: spec.runtimeHandler = try value.apiString(at: "runtime_handler")
      case .imageRef: spec.imageRef = try value.apiString(at: "image_ref")
      }
    }
    self = spec
  }
}

extension Value {
  /// CRI's `Int64Value`, a wrapper so that a uid that is not set differs from 0.
  fileprivate func wrappedInteger() throws(APIError) -> Int64? {
    enum Key: String, CaseIterable { case value }
    guard !isNil else { return nil }
    var integer: Int64?
    try readFields(at: "uid", Key.self) { (_, value) throws(APIError) in integer = value.int64 }
    guard let integer else { throw APIError(mismatch(at: "uid", expected: "{\"value\": integer} or nil")) }
    return integer
  }
}
