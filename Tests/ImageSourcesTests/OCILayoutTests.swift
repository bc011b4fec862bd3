import Foundation
import ImageAPI
import ImageSources
import Testing

@Suite struct OCILayoutTests {
  let layout: TestLayout

  init() throws {
    layout = try TestLayout()
  }

  private func inventory() throws -> Inventory {
    var source = try OCILayout(path: layout.path)
    return try #require(try source.read()).united
  }

  @Test func everyFieldComesFromItsPlace() throws {
    let config = try layout.config(user: "1234:5")
    let manifest = try layout.manifest(config, layers: ["1000", "234"], more: #","annotations":{"a":"b"}"#)
    try layout.list([
      manifest.descriptor(
        TestLayout.manifestType, [referenceName: "example.org/a:1", "io.cri-containerd.pinned": "pinned"])
    ])
    let image = Image(
      id: try #require(config.id), repoTags: ["example.org/a:1"], repoDigests: ["example.org/a@\(manifest.digest)"],
      size: 1234 + (try #require(UInt64(config.size))), user: .uid(1234), spec: ImageSpec(annotations: ["a": "b"]),
      pinned: true)
    #expect(try inventory() == Inventory(images: [image]))
  }

  @Test func anEmptyLayoutIsEmpty() throws {
    for manifests in ["[]", "null"] {
      try layout.folder.write(#"{"schemaVersion":2,"manifests":\#(manifests)}"#, to: "index.json")
      #expect(try inventory() == Inventory())
    }
  }

  @Test(arguments: [
    (["latest"], ["latest"], ["latest@M"]),
    (["example.org:5000/a/b:1.0"], ["example.org:5000/a/b:1.0"], ["example.org:5000/a/b@M"]),
    (["example.org:5000/a"], ["example.org:5000/a"], ["example.org:5000/a@M"]),
    (["a:2", "a:1", "a:2", "b:1"], ["a:1", "a:2", "b:1"], ["a@M", "b@M"]),
    (["a@sha256:00"], [], ["a@M", "a@sha256:00"]),
    (["a:1@sha256:00"], [], ["a:1@sha256:00", "a@M"]),
    (["@sha256:00"], [], ["@sha256:00"]),
    ([""], [], []),
  ])
  func names(names: [String], tags: [String], digests: [String]) throws {
    let manifest = try layout.manifest(layout.config())
    try layout.list(names.map { manifest.descriptor(TestLayout.manifestType, [referenceName: $0]) })
    let images = try inventory().images
    #expect(images.map(\.repoTags) == [tags])
    #expect(images.map(\.repoDigests) == [digests.map { $0.replacing("@M", with: "@\(manifest.digest)") }.sorted()])
  }

  @Test func containerdsNameComesFirst() throws {
    let manifest = try layout.manifest(layout.config())
    try layout.list([
      manifest.descriptor(TestLayout.manifestType, [referenceName: "1", containerdName: "example.org/a:1"]),
      manifest.descriptor(TestLayout.manifestType, [referenceName: "2", containerdName: ""]),
    ])
    #expect(try inventory().images.map(\.repoTags) == [["2", "example.org/a:1"]])
  }

  @Test func untaggedImagesAreListed() throws {
    try layout.list((0..<20).map { try layout.image(salt: "\($0)") })
    let images = try inventory().images
    #expect(images.count == 20)
    #expect(images.allSatisfy { $0.repoTags.isEmpty && $0.repoDigests.isEmpty && $0.spec == nil && !$0.pinned })
  }

  @Test func manifestsOfOneConfigurationAreOneImage() throws {
    let config = try layout.config()
    let manifests = try ["1", "2"].map { try layout.manifest(config, layers: [$0]) }
    try layout.list(
      manifests.map { $0.descriptor(TestLayout.manifestType, [referenceName: "a:\($0.digest.suffix(4))"]) })
    let images = try inventory().images
    #expect(images.count == 1)
    #expect(images.first?.repoTags.count == 2)
    #expect(images.first?.repoDigests == manifests.map { "a@\($0.digest)" }.sorted())
  }

  @Test func platformsShareTheirIndexsNameAndDigest() throws {
    let manifests = try ["amd64", "arm64"].map { try layout.manifest(layout.config(salt: $0)) }
    let inner = try layout.nested(manifests.map { $0.descriptor(TestLayout.manifestType, [referenceName: "ignored"]) })
    let outer = try layout.nested([inner.descriptor(TestLayout.indexType)])
    try layout.list([outer.descriptor(TestLayout.indexType, [referenceName: "example.org/a:1"])])
    let images = try inventory().images
    #expect(images.map(\.repoTags) == [["example.org/a:1"], ["example.org/a:1"]])
    let digests = Set(images.map { Set($0.repoDigests) })
    #expect(digests == Set(manifests.map { ["example.org/a@\(outer.digest)", "example.org/a@\($0.digest)"] }))
  }

  @Test func dockersMediaTypesCount() throws {
    let manifest = try layout.manifest(
      layout.config(), configType: "application/vnd.docker.container.image.v1+json",
      layerType: "application/vnd.docker.image.rootfs.diff.tar.gzip")
    let index = try layout.nested([manifest.descriptor("application/vnd.docker.distribution.manifest.v2+json")])
    try layout.list([
      index.descriptor("application/vnd.docker.distribution.manifest.list.v2+json", [referenceName: "a"])
    ])
    #expect(try inventory().images.map(\.repoTags) == [["a"]])
  }

  @Test func aSHA512LayoutHasSHA256Ids() throws {
    let text = #"{"config":{"User":"nobody"}}"#
    let config = try layout.blob(text, digest: TestLayout.sha512(text))
    let manifestText = #"{"schemaVersion":2,"config":\#(config.descriptor(TestLayout.configType)),"layers":null}"#
    let manifest = try layout.blob(manifestText, digest: TestLayout.sha512(manifestText))
    try layout.list([manifest.descriptor(TestLayout.manifestType, [referenceName: "a:1"])])
    let inventory = try inventory()
    #expect(inventory.leftOut == [])
    #expect(inventory.images.map(\.id.description) == [TestLayout.digest(text)])
    #expect(inventory.images.map(\.user) == [.name("nobody")])
    #expect(inventory.images.map(\.repoDigests) == [["a@\(manifest.digest)"]])
  }

  @Test(arguments: [
    ("1000:1000", ImageUser.uid(1000)), ("0", .uid(0)), ("", .unspecified), ("nobody", .name("nobody")),
  ])
  func user(text: String, user: ImageUser) throws {
    try layout.list([layout.image(user: text)])
    #expect(try inventory().images.map(\.user) == [user])
  }

  @Test(arguments: ["{}", #"{"config":null}"#, #"{"config":{"User":null}}"#, #"{"config":{}}"#])
  func noUser(config: String) throws {
    try layout.list([layout.manifest(layout.blob(config)).descriptor(TestLayout.manifestType)])
    #expect(try inventory().images.map(\.user) == [.unspecified])
  }

  @Test func whatIsNoImageIsPassedOver() throws {
    let config = try layout.config()
    let manifest = TestLayout.manifestType
    try layout.list([
      // An attestation as BuildKit marks it, unmarked, a signature, two kinds of artifact, and what nobody knows.
      layout.manifest(config).descriptor(manifest, ["vnd.docker.reference.type": "attestation-manifest"]),
      layout.manifest(config, layerType: "application/vnd.in-toto+json").descriptor(manifest),
      layout.manifest(config, layerType: "application/vnd.dev.cosign.simplesigning.v1+json").descriptor(manifest),
      layout.manifest(config, configType: "application/vnd.oci.empty.v1+json").descriptor(manifest),
      layout.manifest(config, configType: "application/vnd.cncf.helm.config.v1+json").descriptor(manifest),
      layout.manifest(config, more: #","artifactType":"application/vnd.example""#).descriptor(manifest),
      layout.blob("?").descriptor("application/vnd.example.unknown"),
    ])
    #expect(try inventory() == Inventory())
  }

  @Test func aSampleListsWhatItSays() throws {
    var folder = URL(filePath: #filePath)
    for _ in 0..<3 { folder.deleteLastPathComponent() }
    let path = folder.appending(path: "Examples/sample-layout").path(percentEncoded: false)
    var source = try OCILayout(path: path)
    let inventory = try #require(try source.read())
    #expect(inventory.leftOut == [])
    #expect(
      Set(inventory.images.flatMap(\.repoTags)) == [
        "example.org/demo/web:1.0", "example.org/demo/web:latest", "example.org/demo/worker:2.3",
        "docker.io/library/busybox:latest", "example.org/demo/multi:1.0",
      ])
    #expect(Set(inventory.images.map(\.user)) == [.uid(0), .uid(1234), .name("nobody"), .unspecified])
    #expect(inventory.images.count { $0.repoTags == ["example.org/demo/multi:1.0"] } == 2)
    #expect(inventory.images.contains { $0.repoTags.isEmpty })
  }
}
