import ImageAPI
import ImageWire
import MessagePack
import Testing
import WireTesting

/// What each golden request means, and which of them our client writes.
@Suite struct GoldenRequestTests {
  struct Case: Sendable, CustomTestStringConvertible {
    var name: String
    var envelope = Envelope.plain
    var call: Request.Call
    /// Whether the client writes these very bytes for the call.
    var isCanonical = false

    var testDescription: String { name }

    static func plain(_ name: String, _ request: ListImagesRequest, isCanonical: Bool = false) -> Case {
      Case(name: "list-images-request-\(name)", call: .listImages(request), isCanonical: isCanonical)
    }

    static func rpc(_ name: String, _ messageID: UInt32, _ request: ListImagesRequest) -> Case {
      Case(
        name: "rpc-list-images-request-\(name)", envelope: .rpc(messageID: messageID), call: .listImages(request))
    }

    static func nodes(
      _ name: String, _ messageID: UInt32, _ request: ListNodesRequest, isCanonical: Bool = false
    ) -> Case {
      Case(
        name: "rpc-list-nodes-request-\(name)", envelope: .rpc(messageID: messageID), call: .listNodes(request),
        isCanonical: isCanonical)
    }

    static func locality(
      _ name: String, _ messageID: UInt32, _ request: ImageLocalityRequest, isCanonical: Bool = false
    ) -> Case {
      Case(
        name: "rpc-image-locality-request-\(name)", envelope: .rpc(messageID: messageID),
        call: .imageLocality(request), isCanonical: isCanonical)
    }
  }

  private static let everything = ListImagesRequest()
  private static let busybox = ListImagesRequest(image: "busybox")
  private static let page = ListImagesRequest(limit: 3, resumption: Sample.images[2].id)
  private static let all = ListImagesRequest(
    image: "busybox", ifMatch: Sample.etag, limit: 3, resumption: Sample.images[2].id)

  static let cases: [Case] = [
    .plain("everything", everything, isCanonical: true),
    .plain("filter-name", busybox, isCanonical: true),
    .plain("filter-tag", ListImagesRequest(image: "example.org/demo/web:1.0"), isCanonical: true),
    .plain("filter-digest", ListImagesRequest(image: Sample.busybox.repoDigests[0]), isCanonical: true),
    .plain("filter-id", ListImagesRequest(image: Sample.busybox.id.description), isCanonical: true),
    .plain("filter-id-hex", ListImagesRequest(image: Sample.busybox.id.hex), isCanonical: true),
    .plain("filter-id-prefix", ListImagesRequest(image: "5b9dee95d31e"), isCanonical: true),
    .plain("filter-unknown", ListImagesRequest(image: "example.org/no/such-image"), isCanonical: true),
    .plain("filter-all-fields", busybox),
    .plain("filter-spec", busybox),
    .plain("filter-spec-all-fields", busybox),
    .plain("filter-spec-empty-name", everything),
    .plain("filter-spec-nil-fields", everything),
    .plain("filter-empty-name", everything),
    .plain("filter-nil-name", everything),
    .plain("filter-nil-fields", everything),
    .plain("filter-no-image", everything),
    .plain("filter-nil-image", everything),
    .plain("filter-empty-image", everything),
    .plain("filter-nil", everything),
    .plain("if-none-match", ListImagesRequest(ifNoneMatch: Sample.etag), isCanonical: true),
    .plain("if-match", ListImagesRequest(ifMatch: Sample.etag), isCanonical: true),
    .plain(
      "page-of-one-state", ListImagesRequest(ifMatch: Sample.etag, limit: 3, resumption: Sample.images[2].id),
      isCanonical: true),
    .plain("empty-array", everything),
    .plain("filter-empty-array", everything),
    .plain("filter-image-empty-array", everything),
    .plain("filter-annotations-empty-array", busybox),
    .plain("limit", ListImagesRequest(limit: 3), isCanonical: true),
    .plain("limit-largest", ListImagesRequest(limit: .max), isCanonical: true),
    .plain("continue", page, isCanonical: true),
    .plain("continue-hex", page),
    .plain("all-keys", all, isCanonical: true),
    .plain("nil-keys", everything),
    .plain("node", ListImagesRequest(node: Sample.nodes[1].name), isCanonical: true),
    .plain(
      "node-filter-page",
      ListImagesRequest(image: "busybox", node: Sample.nodes[0].name, ifMatch: Sample.nodes[0].etag, limit: 3),
      isCanonical: true),
    .plain("nodes", ListImagesRequest(listsNodes: true), isCanonical: true),
    .plain(
      "nodes-filter", ListImagesRequest(image: "busybox", listsNodes: true, ifNoneMatch: Sample.etagWithNodes),
      isCanonical: true),
    .plain("nodes-false", everything),
    .rpc("no-params", 1, everything),
    .rpc("nil", 2, everything),
    .rpc("everything", 3, everything),
    .rpc("filter-name", 4, busybox),
    .rpc("all-keys", 5, all),
    .rpc("empty-array", 6, everything),
    .rpc("largest-msgid", .max, ListImagesRequest(limit: 1)),
    .nodes("everything", 0, ListNodesRequest(), isCanonical: true),
    .nodes("page", 0, ListNodesRequest(limit: 2, resumption: Sample.nodes[0].name), isCanonical: true),
    .nodes("if-none-match", 0, ListNodesRequest(limit: 2, ifNoneMatch: Sample.etagOfNodes), isCanonical: true),
    .nodes("no-params", 1, ListNodesRequest()),
    .nodes("nil", 2, ListNodesRequest()),
    .nodes("empty-array", 3, ListNodesRequest()),
    .nodes("nil-keys", 4, ListNodesRequest()),
    .locality("one", 0, ImageLocalityRequest(images: ["busybox"]), isCanonical: true),
    .locality(
      "several", 0,
      ImageLocalityRequest(images: ["busybox", "registry.k8s.io/pause:3.9", "example.org/no/such-image"], limit: 1),
      isCanonical: true),
    .locality("nil-limit", 1, ImageLocalityRequest(images: ["5b9dee95d31e"])),
    Case(name: "rpc-status-request-first", envelope: .rpc(messageID: 0), call: .status, isCanonical: true),
    Case(name: "rpc-status-request-largest-msgid", envelope: .rpc(messageID: .max), call: .status),
  ]

  @Test(arguments: cases) func isDecoded(_ golden: Case) throws {
    let request = try Contract.request(golden.name)
    #expect(request.envelope == golden.envelope)
    #expect(try request.call.get() == golden.call)
  }

  @Test(arguments: cases.filter(\.isCanonical)) func isWhatTheClientWrites(_ golden: Case) throws {
    var packer = Packer()
    switch golden.call {
    case .listImages(let request): packer.pack(request)
    case .listNodes(let request): packer.pack(request)
    case .imageLocality(let request): packer.pack(request)
    case .status: packer.packStatusRequest()
    }
    #expect(packer.withBytes { [UInt8]($0) } == (try Contract.golden(golden.name)))
  }

  @Test func eachGoldenRequestIsACase() throws {
    let names = try Contract.goldenNames().filter { $0.contains("-request-") }
    #expect(Set(Self.cases.map(\.name)) == names)
  }

  /// A method that is added needs a message here, and by its name a schema and golden pairs.
  @Test(arguments: cases) func isNamedAfterItsMessage(_ golden: Case) {
    let message =
      switch (golden.envelope, golden.call) {
      case (.plain, .listImages): "list-images-request-"
      case (.rpc, .listImages): "rpc-list-images-request-"
      case (_, .listNodes): "rpc-list-nodes-request-"
      case (_, .imageLocality): "rpc-image-locality-request-"
      case (.plain, .status), (.rpc, .status): "rpc-status-request-"
      }
    #expect(golden.name.hasPrefix(message))
  }
}

extension [UInt8] {
  init(_ bytes: RawSpan) {
    self = bytes.withUnsafeBytes { [UInt8]($0) }
  }
}
