package import ImageAPI
package import ImageRegistry
internal import ImageWire
internal import MessagePack

/// The images of `list-images-reply-several`, in id order: all that an image can have, each at least once.
package enum Sample {
  package static let images = [
    image(
      "1ee2f87aadee0fbbe0f502d61bce53d9e7925fc059323900296b1f7174f5eab9",
      tags: ["example.org/demo/web:1.0", "example.org/demo/web:latest"],
      digests: ["example.org/demo/web@sha256:c1447e185a5cea9acd519abeaf7af9312425a8d7a81566a169c1bc8499f8364f"],
      size: 554, user: .uid(0)),
    image(
      "2a21fe6d592a19b7de898b50eb53c429608de1a66f3e9f62da19714a770553d1",
      tags: ["example.org/demo/big:1"], size: .max, user: .uid(.max)),
    busybox,
    image(
      "6210c0bf05396716df932f0729df69de0533933e5ad9871fd07b61811c4c28df",
      tags: ["registry.k8s.io/pause:3.9"], size: 321_520, user: .uid(65_535), pinned: true),
    image("6ca20016b9c82a1bd57872269b58825bbf6289aedeee361865d54969f99e1c56", size: 568, user: .name("nobody")),
    image(
      "990cb8ebd0afb7150da453a213036a92f2c05e091df0d803e62d257ea7796c27",
      tags: ["example.org/demo/odd:1"], size: 1 << 32, user: .uid(-1)),
    image(
      "a157d36a739191c1826419da5c87aedf3dd0cd6828565ada2a38a6b68ed741e5",
      tags: ["localhost:5000/demo/named:v2"],
      digests: ["localhost:5000/demo/named@sha256:4e2b5b85f6484693ce6507de74324289ea58d77d159d44367ba4b82ce6740b6e"],
      size: 70_000, user: .name("nobody")),
    image(
      "c28470ef93cb165bd51eb1ef936f6c8afa9a2720cd01e28a84c7ac738d7db164",
      tags: ["gcr.io/demo/full:1"], size: 1,
      spec: ImageSpec(
        image: "gcr.io/demo/full:1", userSpecifiedImage: "full", runtimeHandler: "kata",
        imageRef: "sha256:c28470ef93cb165bd51eb1ef936f6c8afa9a2720cd01e28a84c7ac738d7db164")),
    image(
      "d4f02eaafd1a9e9de7d10972ca8e47fa7a985825c3c9c1e249c72683cb3e4f19",
      tags: ["docker.io/library/redis:7"],
      digests: ["docker.io/library/redis@sha256:03ee9b603b3d6fb1afd1105f7d17ca67ce02935fcc86d17dc2e3450914a756b4"],
      size: 42_017_113, user: .name("Zoë"),
      spec: ImageSpec(annotations: [
        "org.opencontainers.image.title": "redis — 7",
        "org.opencontainers.image.created": "2025-01-01T00:00:00Z",
      ])),
  ]

  package static let busybox = image(
    "5b9dee95d31ec5d13ba6707b7ab6ffeeaca39368b17d854c72bf5ee09aa86408",
    tags: ["docker.io/library/busybox:latest"],
    digests: ["docker.io/library/busybox@sha256:ec72b74e7f3a4ecac7b799246c5b596270f3456226e01f242e87dbe97ca5c586"],
    size: 553)

  /// The etag of ``images``, as the golden messages have it.
  package static let etag = registry(of: images).snapshot.etag

  /// The source of the images.
  package static let source = "oci:/srv/images"

  /// A registry that was read and holds these images, and lacks others.
  package static func registry(of images: [Image], with gaps: ListGaps = ListGaps()) -> ImageRegistry {
    let registry = ImageRegistry(sources: [source])
    let skipped = SkippedImage(image: "broken", path: "index.json", reason: "it is broken")
    registry.replaceContents(
      ofSource: 0, with: images, leftOut: Array(repeating: skipped, count: gaps.leftOut))
    if !gaps.stale.isEmpty { registry.noteFailure(ofSource: 0, reason: "it is away") }
    return registry
  }

  /// The nodes of ``cluster()``, by their names in order.
  package static let nodes = [
    NodeStatus(
      name: "node-1.example.org", state: .current, images: 6, etag: registry(of: Array(images[..<6])).snapshot.etag),
    NodeStatus(
      name: "node-2.example.org", state: .current, images: 6, etag: registry(of: Array(images[3...])).snapshot.etag,
      gaps: ListGaps(leftOut: 2, stale: [source])),
    NodeStatus(name: "node-3.example.org", state: .gone),
    NodeStatus(name: "node-4.example.org", state: .syncing),
  ]

  /// The etag of ``cluster()`` where it says who holds what.
  package static let etagWithNodes = (try? cluster().snapshot.select(ListImagesRequest(listsNodes: true)).etag) ?? ""

  /// The etag of ``nodes``.
  package static let etagOfNodes = {
    guard case .nodes(let list)? = try? cluster().snapshot.listNodes(ListNodesRequest()) else { return "" }
    return list.etag
  }()

  /// The images of a node of ``cluster()``; nil for one that is not listed.
  package static func images(ofNode name: String) -> [Image]? {
    switch name {
    case nodes[0].name: Array(images[..<6])
    case nodes[1].name: Array(images[3...])
    default: nil
    }
  }

  /// A registry of ``nodes``, which hold ``images`` together.
  package static func cluster() -> ImageRegistry {
    func held(_ images: ArraySlice<Image>) -> [HeldImage] {
      images.map { image in
        var packer = Packer()
        packer.pack(image)
        return HeldImage(image, digest: packer.withBytes { Digest(sha256Of: $0) })
      }
    }
    let registry = ImageRegistry(sources: ["etcd:etcd.example:2379"])
    registry.updateNodes(
      ofSource: 0,
      by: [
        NodeChange(nodes[0].name, .holds(held(images[..<6]))),
        NodeChange(nodes[1].name, .holds(held(images[3...])), gaps: nodes[1].gaps),
        NodeChange(nodes[2].name, .holds(held(images[..<1]))),
        NodeChange(nodes[2].name, .gone),
        NodeChange(nodes[3].name, .syncing),
      ])
    return registry
  }

  private static func image(
    _ hex: String, tags: [String] = [], digests: [String] = [], size: UInt64, user: ImageUser = .unspecified,
    spec: ImageSpec? = nil, pinned: Bool = false
  ) -> Image {
    guard let id = Digest(hex) else { preconditionFailure("\(hex) is no digest") }
    return Image(
      id: id, repoTags: tags, repoDigests: digests, size: size, user: user, spec: spec, pinned: pinned)
  }
}
