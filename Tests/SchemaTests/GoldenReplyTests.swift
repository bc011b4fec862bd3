import ImageAPI
import ImageRegistry
import ImageWire
import MessagePack
import ServiceTesting
import Testing
import WireTesting

/// Each golden reply is what our server writes, byte for byte, and our client reads.
@Suite struct GoldenReplyTests {
  struct ListCase: Sendable, CustomTestStringConvertible {
    var name: String
    var images = Sample.images
    var request = ListImagesRequest()
    var envelope = Envelope.plain
    var gaps = ListGaps()
    var isOfCluster = false
    /// What the client reads; it asks in the plain form only.
    var reply: ListImagesReply?

    var testDescription: String { name }
  }

  static let lists = [
    ListCase(
      name: "list-images-reply-no-images", images: [],
      reply: list([], etag: String(repeating: "0", count: 64))),
    ListCase(
      name: "list-images-reply-no-match", request: ListImagesRequest(image: "example.org/no/such-image"),
      reply: list([])),
    ListCase(
      name: "list-images-reply-one", request: ListImagesRequest(image: "busybox"), reply: list([Sample.busybox])),
    ListCase(name: "list-images-reply-several", reply: list(Sample.images[...])),
    ListCase(
      name: "list-images-reply-page", request: ListImagesRequest(limit: 3),
      reply: list(Sample.images[..<3], resumption: Sample.images[2].id)),
    ListCase(
      name: "list-images-reply-last-page", request: ListImagesRequest(limit: 3, resumption: Sample.images[5].id),
      reply: list(Sample.images[6...])),
    ListCase(
      name: "list-images-reply-not-modified", request: ListImagesRequest(ifNoneMatch: Sample.etag),
      reply: .notModified(etag: Sample.etag)),
    ListCase(
      name: "list-images-reply-left-out", request: ListImagesRequest(image: "busybox"), gaps: ListGaps(leftOut: 1),
      reply: list([Sample.busybox], gaps: ListGaps(leftOut: 1))),
    ListCase(
      name: "list-images-reply-stale", gaps: ListGaps(stale: [Sample.source]),
      reply: list(Sample.images[...], gaps: ListGaps(stale: [Sample.source]))),
    ListCase(
      name: "list-images-reply-page-not-whole", request: ListImagesRequest(limit: 3), gaps: bothGaps,
      reply: list(Sample.images[..<3], resumption: Sample.images[2].id, gaps: bothGaps)),
    ListCase(
      name: "list-images-reply-not-modified-not-whole", request: ListImagesRequest(ifNoneMatch: Sample.etag),
      gaps: bothGaps, reply: .notModified(etag: Sample.etag, gaps: bothGaps)),
    ListCase(
      name: "list-images-reply-nodes", request: ListImagesRequest(listsNodes: true), isOfCluster: true,
      reply: list(imagesWithNodes[...], etag: Sample.etagWithNodes)),
    ListCase(
      name: "list-images-reply-node",
      request: ListImagesRequest(image: "docker.io/library/redis:7", node: Sample.nodes[1].name), isOfCluster: true,
      reply: list(Sample.images[8...], etag: Sample.nodes[1].etag, gaps: Sample.nodes[1].gaps)),
    ListCase(
      name: "rpc-list-images-reply-not-whole", request: ListImagesRequest(image: "busybox"),
      envelope: .rpc(messageID: 6), gaps: bothGaps),
    ListCase(name: "rpc-list-images-reply-several", envelope: .rpc(messageID: 3)),
    ListCase(
      name: "rpc-list-images-reply-one", request: ListImagesRequest(image: "busybox"), envelope: .rpc(messageID: 4)),
    ListCase(
      name: "rpc-list-images-reply-page", request: ListImagesRequest(limit: 1), envelope: .rpc(messageID: .max)),
    ListCase(
      name: "rpc-list-images-reply-not-modified", request: ListImagesRequest(ifNoneMatch: Sample.etag),
      envelope: .rpc(messageID: 5)),
  ]

  private static let imagesWithNodes = Sample.images.map { image in
    var image = image
    image.nodes = Sample.nodes.map(\.name).filter { name in
      Sample.images(ofNode: name)?.contains { $0.id == image.id } ?? false
    }
    return image
  }

  private static let bothGaps = ListGaps(leftOut: 2, stale: [Sample.source])

  private static func list(
    _ images: ArraySlice<Image>, etag: String = Sample.etag, resumption: Digest? = nil, gaps: ListGaps = ListGaps()
  ) -> ListImagesReply {
    .images(ListImagesReply.ImageList(images: Array(images), etag: etag, resumption: resumption, gaps: gaps))
  }

  @Test(arguments: lists) func listIsWhatTheRegistryAnswers(_ golden: ListCase) throws {
    let registry = golden.isOfCluster ? Sample.cluster() : Sample.registry(of: golden.images, with: golden.gaps)
    let reply = try registry.snapshot.select(golden.request).reply(in: golden.envelope)
    #expect(reply.withBytes { [UInt8]($0) } == (try Contract.golden(golden.name)))
  }

  @Test(arguments: lists.filter { $0.reply != nil }) func listIsReadByTheClient(_ golden: ListCase) throws {
    let bytes = try Contract.golden(golden.name)
    var unpacker = Unpacker()
    let reply = try ListImagesReply(decoding: bytes.span.bytes, with: &unpacker)
    #expect(reply == golden.reply)
  }

  /// Every code there is, so that one that is added needs a golden pair and, by that, its place in the schema.
  @Test(arguments: StatusCode.allCases) func errorIsReadAndWritten(_ code: StatusCode) throws {
    let name = code.name.lowercased().replacing("_", with: "-")
    let plain = try Contract.golden("error-reply-\(name)")
    let error = try #require(throws: APIError.self) {
      var unpacker = Unpacker()
      return try ListImagesReply(decoding: plain.span.bytes, with: &unpacker)
    }
    #expect(error.code == code)
    #expect(written(error, in: .plain) == plain)

    let rpc = try Contract.golden("rpc-error-reply-\(name)")
    let same = try #require(throws: APIError.self) {
      var unpacker = Unpacker()
      return try WorkerStatus(decoding: rpc.span.bytes, with: &unpacker)
    }
    #expect(same == error)
    let messageID = try #require(StatusCode.allCases.firstIndex(of: code)) + 1
    #expect(written(error, in: .rpc(messageID: UInt32(messageID))) == rpc)
  }

  @Test func errorToANotificationHasNoMessageID() throws {
    let request = try Contract.request("invalid/rpc-notification")
    let error = try #require(throws: APIError.self) { try request.call.get() }
    #expect(written(error, in: request.envelope) == (try Contract.golden("error-reply-notification")))
  }

  struct StatusCase: Sendable, CustomTestStringConvertible {
    var name: String
    var messageID: UInt32
    var status: WorkerStatus

    var testDescription: String { name }
  }

  static let statuses = [
    StatusCase(
      name: "no-sources", messageID: 0, status: status(uptime: 0, images: 0, sources: [])),
    StatusCase(
      name: "ready", messageID: 1,
      status: status(
        uptime: 86_400, images: 9,
        requests: RequestCounts(answered: 8_640_000, errors: 12, replyBytes: 4_096_000_000),
        sources: [SourceStatus(name: "oci:/srv/images", state: .current, images: 9, age: 0)])
    ),
    StatusCase(
      name: "pending", messageID: 2,
      status: status(
        uptime: 3, isReady: false, images: 0, requests: RequestCounts(answered: 1, errors: 1, replyBytes: 113),
        sources: [SourceStatus(name: "oci:/srv/images", state: .pending, lastError: "/srv/images: no such folder")])),
    StatusCase(
      name: "runtime", messageID: 3,
      status: status(
        uptime: 60, images: 6, requests: RequestCounts(answered: 2, replyBytes: 4_096),
        sources: [
          SourceStatus(
            name: "cri:/run/containerd/containerd.sock", state: .current, runtime: "containerd 1.6.20", images: 6,
            age: 1)
        ])),
    StatusCase(
      name: "stale", messageID: .max,
      status: status(
        uptime: 1 << 32, images: 9, requests: RequestCounts(answered: .max, errors: .max, replyBytes: .max),
        sources: [
          SourceStatus(
            name: "oci:/srv/images", state: .current, images: 5,
            leftOut: [
              SkippedImage(
                image: "example.org/demo/broken:1",
                path: "/srv/images/blobs/sha256/\(Digest(sha256Of: "broken".utf8).hex)",
                reason: "the digest of the file is another one")
            ], passedOver: 3, absent: 7, age: 1),
          SourceStatus(
            name: "oci:/srv/more", state: .stale, images: 6, age: 3_600,
            lastError: "/srv/more/index.json: the text ends early"),
        ])),
  ]

  private static func status(
    uptime: UInt64, isReady: Bool = true, images: Int, requests: RequestCounts = RequestCounts(),
    sources: [SourceStatus]
  ) -> WorkerStatus {
    WorkerStatus(
      node: "node-1.example.org", instance: "5f0c33a1", version: "0.1.0", uptime: uptime, isReady: isReady,
      images: images,
      etag: images == 0 ? String(repeating: "0", count: 64) : Sample.etag, requests: requests, sources: sources)
  }

  @Test(arguments: statuses) func statusIsReadAndWritten(_ golden: StatusCase) throws {
    let bytes = try Contract.golden("rpc-status-reply-\(golden.name)")
    var unpacker = Unpacker()
    let status = try WorkerStatus(decoding: bytes.span.bytes, with: &unpacker)
    #expect(status == golden.status)
    var packer = Packer()
    packer.beginReply(.rpc(messageID: golden.messageID))
    packer.pack(golden.status)
    #expect(packer.withBytes { [UInt8]($0) } == bytes)
  }

  @Test(
    arguments: [
      ("several", 0, ListNodesRequest()), ("page", 1, ListNodesRequest(limit: 2, resumption: Sample.nodes[0].name)),
      ("not-modified", 2, ListNodesRequest(ifNoneMatch: Sample.etagOfNodes)),
    ] as [(String, UInt32, ListNodesRequest)])
  func nodesAreReadAndWritten(_ name: String, _ messageID: UInt32, _ request: ListNodesRequest) throws {
    let bytes = try Contract.golden("rpc-list-nodes-reply-\(name)")
    let reply = try Sample.cluster().snapshot.listNodes(request)
    var unpacker = Unpacker()
    #expect(try ListNodesReply(decoding: bytes.span.bytes, with: &unpacker) == reply)
    var packer = Packer()
    packer.beginReply(.rpc(messageID: messageID))
    packer.pack(reply)
    #expect(packer.withBytes { [UInt8]($0) } == bytes)
  }

  /// A reply that lacks its nodes is no empty cluster.
  @Test func nodesThatAreNotThereAreAnError() throws {
    var packer = Packer()
    packer.beginReply(.rpc(messageID: 0))
    packer.packMapHeader(1)
    packer.packKey("etag")
    packer.pack(Sample.etagOfNodes)
    var unpacker = Unpacker()
    let error = #expect(throws: APIError.self) {
      try packer.withBytes { try ListNodesReply(decoding: $0, with: &unpacker) }
    }
    #expect(error?.message == "the reply is not waybill's: it has neither nodes nor not_modified")
  }

  @Test func localityIsReadAndWritten() throws {
    let bytes = try Contract.golden("rpc-image-locality-reply-several")
    let locality = try Sample.cluster().snapshot.locality(
      ImageLocalityRequest(images: ["busybox", "registry.k8s.io/pause:3.9", "example.org/no/such-image"]))
    var unpacker = Unpacker()
    #expect(try ImageLocality(decoding: bytes.span.bytes, with: &unpacker) == locality)
    var packer = Packer()
    packer.beginReply(.rpc(messageID: 3))
    packer.pack(locality)
    #expect(packer.withBytes { [UInt8]($0) } == bytes)
  }

  @Test func eachGoldenReplyIsACase() throws {
    let names = try Contract.goldenNames().filter { $0.contains("-reply-") }
    let errors = StatusCode.allCases.map { $0.name.lowercased().replacing("_", with: "-") }
    let cases =
      Self.lists.map(\.name) + ["several", "page", "not-modified"].map { "rpc-list-nodes-reply-\($0)" }
      + ["rpc-image-locality-reply-several"] + Self.statuses.map { "rpc-status-reply-\($0.name)" }
      + (errors + ["notification"]).map { "error-reply-\($0)" } + errors.map { "rpc-error-reply-\($0)" }
    #expect(Set(cases) == names)
  }

  private func written(_ error: APIError, in envelope: Envelope) -> [UInt8] {
    var packer = Packer()
    packer.pack(error, in: envelope)
    return packer.withBytes { [UInt8]($0) }
  }
}
