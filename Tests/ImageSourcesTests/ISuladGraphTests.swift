import Foundation
import ImageAPI
import ImageSources
import Testing

@Suite struct ISuladGraphTests {
  let graph: TestGraph

  init() throws {
    graph = try TestGraph()
  }

  private func inventory() throws -> Inventory {
    var source = try ISuladGraph(path: graph.path)
    return try #require(try source.read()).united
  }

  @Test func everyFieldComesFromItsPlace() throws {
    let manifest = TestLayout.digest("manifest")
    let lower = try graph.layer("lower", size: "5000")
    var parts = TestGraph.Parts(user: "1234:5", names: ["busybox:latest"])
    parts.digest = manifest
    parts.layer = try graph.layer("upper", parent: lower, size: "300")
    parts.size = "777"
    parts.more = #","loaded":"2019-04-02T14:17:46Z""#
    try graph.write(parts)

    // An older one: `Loaded`, not counted yet, two names, one of a digest.
    var old = TestGraph.Parts(user: "nobody", names: ["b:2", "example.org:5000/a@\(manifest)"])
    old.layer = parts.layer
    old.more = #","Loaded":"2019-04-02T14:17:46Z","names-history":["x:1"]"#
    try graph.write(old)

    var untagged = TestGraph.Parts(user: "0")
    untagged.size = "0"
    try graph.write(untagged)
    var digestOnly = TestGraph.Parts(salt: "digest", names: ["c@\(manifest)"])
    digestOnly.digest = manifest
    try graph.write(digestOnly)

    let images = [
      Image(
        id: try #require(parts.id), repoTags: ["busybox:latest"], repoDigests: ["busybox@\(manifest)"], size: 777,
        user: .uid(1234)),
      Image(
        id: try #require(old.id), repoTags: ["b:2"], repoDigests: ["example.org:5000/a@\(manifest)"],
        size: 5000 + 300 + 123, user: .name("nobody")),
      Image(id: try #require(untagged.id), size: 123, user: .uid(0)),
      Image(id: try #require(digestOnly.id), repoDigests: ["c@\(manifest)"], size: 123),
    ]
    #expect(try inventory() == Inventory(images: images.sorted { $0.id < $1.id }))
  }

  @Test func theDigestOfABigManifestCounts() throws {
    var parts = TestGraph.Parts(names: ["a:1"])
    let digest = TestLayout.digest("manifest")
    parts.more = #","big-data-digests":{"manifest":"\#(digest)","sha256:x":"\#(TestLayout.digest("config"))"}"#
    try graph.write(parts)
    #expect(try inventory().images.map(\.repoDigests) == [["a@\(digest)"]])
  }

  @Test func onlyFoldersOfSixtyFourDigitsAreImages() throws {
    try graph.write(TestGraph.Parts(names: ["a:1"]))
    for name in ["images.lock", "storage.lock", ".hidden", String(repeating: "F", count: 64), "abc/images.json"] {
      try graph.folder.write("{", to: "storage/overlay-images/\(name)")
    }
    try graph.folder.write("", to: "storage/overlay-images/\(String(repeating: "0", count: 64))")
    let inventory = try inventory()
    #expect(inventory.images.map(\.repoTags) == [["a:1"]])
    #expect(inventory.leftOut == [])
  }

  @Test func anotherDriversImagesAreListedToo() throws {
    try graph.write(TestGraph.Parts(salt: "1", names: ["a:1"]))
    var other = TestGraph.Parts(salt: "2", names: ["b:1"])
    let folder = "storage/devicemapper-images/\(other.hex)"
    other.more = ""
    try graph.folder.write(other.config, to: graph.configFile(other.hex).replacing("overlay", with: "devicemapper"))
    try graph.folder.write(other.json, to: "\(folder)/images.json")
    #expect(Set(try inventory().images.flatMap(\.repoTags)) == ["a:1", "b:1"])
  }

  @Test func anEmptyStoreIsEmpty() throws {
    #expect(try inventory() == Inventory())
  }

  @Test func theUsualPathNeedNotBeGiven() throws {
    let location = try ImageSourceLocation("isulad:")
    #expect(location.description == "isulad:/var/lib/isulad")
    #expect(try ImageSourceLocation("isulad:/a:b").path == "/a:b")
    #expect(throws: SourceError.self) { try ImageSourceLocation("embedded:") }
  }

  @Test(arguments: [
    (["oci-layout"], "write oci:"), (["overlay-images/images.json"], "containers/storage"),
    (["storage/overlay-images/images.json"], "above containers/storage"),
    (["overlay-images/x/images.json"], "name the folder above it"), (["io.containerd.metadata.v1.bolt"], "containerd"),
    (["overlay2/x", "image/x"], "Docker"), (["x"], "neither storage nor sqlite.db"),
  ])
  func anotherToolsStoreIsCalledByItsName(files: [String], reason: String) throws {
    let folder = try TestFolder()
    for file in files { try folder.write("[]", to: file) }
    let error = #expect(throws: SourceError.self) { try ISuladGraph(path: folder.path) }
    #expect(error?.code == .wrongKind)
    #expect(error?.message.contains(reason) ?? false, "\(error as Any)")
    #expect(error?.message.contains(folder.path) ?? false)
  }

  @Test func whatIsNoFolderIsNoGraph() throws {
    #expect(throws: SourceError.self) { try ISuladGraph(path: "/nowhere/at/all") }
    #expect(throws: SourceError.self) { try ISuladGraph(path: "/dev/zero") }
    var source = try ISuladGraph(path: graph.path)
    _ = try source.read()
    try graph.folder.remove("storage")
    #expect(throws: SourceError.self) { try source.read() }
  }
}
