package import ImageAPI
internal import MessagePack

/// What a node says of itself: everything that it holds, in one value.
package struct NodeRecord: Sendable, Hashable {
  package struct Source: Sendable, Hashable {
    /// As the command line has it.
    package var name: String
    package var state: SourceStatus.State
    /// How many of its images could not be read.
    package var leftOut: Int

    package init(name: String, state: SourceStatus.State, leftOut: Int = 0) {
      self.name = name
      self.state = state
      self.leftOut = leftOut
    }

    init(_ status: SourceStatus) {
      self.init(name: status.name, state: status.state, leftOut: status.leftOutCount)
    }
  }

  /// The digests of its images' bytes, in the order of the images' ids.
  package var images: [Digest]
  /// Of its list.
  package var etag: String
  /// When its publisher started, in microseconds since 1970: two publishers of one node are told apart by it.
  package var started: UInt64
  /// Of waybill.
  package var version: String
  package var sources: [Source]

  package init(images: [Digest], etag: String, started: UInt64, version: String, sources: [Source]) {
    self.images = images
    self.etag = etag
    self.started = started
    self.version = version
    self.sources = sources
  }

  /// What the list of its images lacks.
  package var gaps: ListGaps {
    ListGaps(
      leftOut: sources.reduce(0) { $0 &+ max(0, $1.leftOut) },
      stale: sources.filter { $0.state == .stale }.map(\.name))
  }

  /// As many images as one record may name: etcd takes values of 1.5 MiB.
  package static let maxImages = 40_000

  private static let limits = Limits(bytes: 2 << 20, depth: 4, elements: 1_024)

  private enum Key: String {
    case images, etag, started, version, sources
  }

  /// As it stands in etcd.
  package var encoded: [UInt8] {
    var packer = Packer(capacity: 32 * images.count + 256)
    packer.packMapHeader(5)
    packer.packKey("images")
    var bytes: [UInt8] = []
    bytes.reserveCapacity(32 * images.count)
    for image in images {
      for word in [image.words.0, image.words.1, image.words.2, image.words.3] {
        withUnsafeBytes(of: word.bigEndian) { bytes += $0 }
      }
    }
    packer.pack(binary: bytes.span.bytes)
    packer.packKey("etag")
    packer.pack(etag)
    packer.packKey("started")
    packer.pack(started)
    packer.packKey("version")
    packer.pack(version)
    packer.packKey("sources")
    packer.packArrayHeader(sources.count)
    for source in sources {
      packer.packMapHeader(source.leftOut == 0 ? 2 : 3)
      packer.packKey("name")
      packer.pack(source.name)
      packer.packKey("state")
      packer.pack(source.state.rawValue)
      guard source.leftOut > 0 else { continue }
      packer.packKey("left_out")
      packer.pack(source.leftOut)
    }
    return packer.finish().withUnsafeBytes { Array($0) }
  }

  /// Reads a record.
  ///
  /// - Throws: ``ClusterFault``.
  package init(decoding bytes: [UInt8]) throws(ClusterFault) {
    var unpacker = Unpacker(limits: Self.limits)
    self = try unpacker.unpack(bytes.span.bytes, failure: { ClusterFault("\($0)") }) { (root) throws(ClusterFault) in
      try NodeRecord(root)
    }
  }

  private init(_ root: Value) throws(ClusterFault) {
    guard let map = root.map else { throw ClusterFault("a record is a map") }
    var images: [Digest]?
    var (etag, started, version) = ("", UInt64(0), "")
    var sources: [Source] = []
    for (key, value) in map {
      // A later version may add keys.
      switch Key(rawValue: try Self.text(key)) {
      case .images: images = try Self.digests(value)
      case .etag: etag = try Self.text(value)
      case .started: started = value.uint64 ?? 0
      case .version: version = try Self.text(value)
      case .sources: sources = try Self.sources(value)
      case nil: continue
      }
    }
    guard let images else { throw ClusterFault("a record names its images") }
    self.init(images: images, etag: etag, started: started, version: version, sources: sources)
  }

  private static func text(_ value: Value) throws(ClusterFault) -> String {
    do throws(MessagePackError) { return try value.string(at: "record") } catch { throw ClusterFault("\(error)") }
  }

  private static func digests(_ value: Value) throws(ClusterFault) -> [Digest] {
    guard value.kind == .binary, let count = value.byteCount, count % 32 == 0, count / 32 <= maxImages else {
      throw ClusterFault("images are the 32 bytes of each of at most \(maxImages) digests")
    }
    return value.withBytes { bytes in (0..<count / 32).map { Digest(in: bytes, at: 32 * $0) } } ?? []
  }

  private static func sources(_ value: Value) throws(ClusterFault) -> [Source] {
    guard let array = value.array else { throw ClusterFault("sources are an array") }
    var sources: [Source] = []
    for element in array {
      guard let map = element.map else { throw ClusterFault("a source is a map") }
      var source = Source(name: "", state: .pending)
      for (key, value) in map {
        if key.equals("name") { source.name = try text(value) }
        if key.equals("state"), let state = SourceStatus.State(rawValue: try text(value)) { source.state = state }
        if key.equals("left_out") { source.leftOut = Int(clamping: value.uint64 ?? 0) }
      }
      sources.append(source)
    }
    return sources
  }
}

/// What stands in etcd makes no sense.
package struct ClusterFault: Error, Hashable, CustomStringConvertible {
  package let description: String

  init(_ description: String) {
    self.description = description
  }
}
