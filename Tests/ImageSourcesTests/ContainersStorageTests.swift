import Foundation
import ImageAPI
import ImageSources
import Testing

@Suite struct ContainersStorageTests {
  let store: TestStorage

  init() throws {
    store = try TestStorage()
  }

  private func inventory() throws -> Inventory {
    var source = try ContainersStorage(path: store.path)
    return try #require(try source.read()).united
  }

  @Test func everyFieldComesFromItsPlace() throws {
    let lower = TestStorage.Layer("lower", size: "5000")
    let upper = TestStorage.Layer("upper", parent: lower.id, size: "300")
    try store.write(layers: [upper, lower])
    let index = TestLayout.digest("index")
    var parts = TestStorage.Parts(user: "1234:5", names: ["example.org:5000/a:1", "b:2"])
    parts.layer = upper.id
    parts.annotations = #"{"org.example.key":"value"}"#
    parts.bigData = ["signature-1": 77]
    var digestOnly = TestStorage.Parts(user: "nobody", names: ["c@\(index)"])
    digestOnly.annotations = "null"
    let untagged = TestStorage.Parts(user: "0")
    try store.write([parts, digestOnly, untagged])

    let images = [
      Image(
        id: try #require(Digest(parts.hex)), repoTags: ["b:2", "example.org:5000/a:1"],
        repoDigests: ["b@\(parts.manifestDigest)", "example.org:5000/a@\(parts.manifestDigest)"],
        size: parts.size + 5300, user: .uid(1234), spec: ImageSpec(annotations: ["org.example.key": "value"])),
      Image(
        id: try #require(Digest(digestOnly.hex)), repoDigests: ["c@\(digestOnly.manifestDigest)", "c@\(index)"],
        size: digestOnly.size, user: .name("nobody")),
      Image(id: try #require(Digest(untagged.hex)), size: untagged.size, user: .uid(0)),
    ]
    #expect(try inventory() == Inventory(images: images.sorted { $0.id < $1.id }))
  }

  /// An image that was pulled through an index keeps that as a manifest of its own.
  @Test func theDigestOfTheIndexCountsToo() throws {
    let index = TestLayout.digest("index")
    var parts = TestStorage.Parts(names: ["example.org/a:1"])
    parts.text = parts.json.replacing(
      #""big-data-digests":{"#, with: #""big-data-digests":{"manifest-\#(index)":"\#(index)","#)
    try store.write([parts])
    #expect(
      try inventory().images.map(\.repoDigests) == [
        ["example.org/a@\(parts.manifestDigest)", "example.org/a@\(index)"].sorted()
      ])
  }

  @Test func layersThatOneImageHasTwiceCountOnce() throws {
    let low = TestStorage.Layer("low", size: "10")
    let top = TestStorage.Layer("top", parent: low.id, size: "200")
    let mapped = TestStorage.Layer("mapped", parent: low.id, size: "200")
    let partial = TestStorage.Layer("partial", parent: low.id, size: "-1")
    try store.write(layers: [low, top, mapped])
    try store.write(layers: [partial], to: "overlay-layers/volatile-layers.json")
    var parts = TestStorage.Parts(names: ["a:1"])
    parts.layer = top.id
    parts.more = #","mapped-layers":["\#(mapped.id)","\#(partial.id)"]"#
    try store.write([parts])
    #expect(try inventory().images.map(\.size) == [parts.size + 410])
  }

  @Test func listsOfManifestsAndArtifactsAreNoImages() throws {
    let list = #"{"schemaVersion":2,"manifests":[]}"#
    var parts = TestStorage.Parts(names: ["list:1"])
    parts.text = """
      {"id":"\(parts.hex)","names":["list:1"],"big-data-names":["manifest","instances.json"],\
      "big-data-digests":{"instances.json":"\(TestLayout.digest("{}"))","manifest":"\(TestLayout.digest(list))"}}
      """
    var artifact = TestStorage.Parts(salt: "artifact", names: ["artifact:1"])
    artifact.manifestMembers = #""artifactType":"application/x","#
    try store.write([parts, artifact])
    #expect(try inventory() == Inventory())
  }

  @Test func theImagesOfAllDriversAreListed() throws {
    let vfs = try TestStorage(driver: "vfs", in: store)
    try store.write([TestStorage.Parts(names: ["a:1"])])
    try vfs.write([TestStorage.Parts(names: ["a:2"]), TestStorage.Parts(salt: "b", names: ["b:1"])])
    #expect(Set(try inventory().images.map(\.repoTags)) == [["a:1", "a:2"], ["b:1"]])
  }

  @Test(arguments: [nil, "[]", "null"])
  func anEmptyStoreIsEmpty(list: String?) throws {
    if let list { try store.folder.write(list, to: store.images) }
    #expect(try inventory() == Inventory())
  }

  @Test func whatElseLiesThereIsNoneOfOurs() throws {
    try store.write([TestStorage.Parts(names: ["a:1"])])
    for file in [
      "storage.lock", "userns.lock", "overlay-images/.tmp-images.json1", "overlay-images/x.lock", "overlay-layers/x.gz",
      "overlay-containers/containers.json", "libpod/bolt_state.db", "vfs-images/.keep", "-images/images.json",
    ] {
      try store.folder.write("{", to: file)
    }
    let inventory = try inventory()
    #expect(inventory.images.map(\.repoTags) == [["a:1"]] && inventory.leftOut == [])
  }

  @Test func theUsualPathNeedNotBeGiven() throws {
    let location = try ImageSourceLocation("containers-storage:")
    #expect(location.description == "containers-storage:/var/lib/containers/storage")
    var source = try ImageSourceLocation("containers-storage:\(store.path)").open()
    #expect(source.name == "containers-storage:\(store.path)")
    #expect(try source.read() == Inventory())
  }

  @Test(arguments: [
    (["oci-layout"], "write oci:"), (["storage/overlay-images/images.json"], "write containers-storage:"),
    (["storage/overlay-images/x/images.json"], "write isulad:"), (["sqlite.db"], "write isulad:"),
    (["overlay-images/x/images.json"], "name the folder above it"), (["io.containerd.metadata.v1.bolt"], "containerd"),
    (["overlay2/x", "image/x"], "Docker"), (["x"], "no folder such as overlay-images"),
  ])
  func anotherToolsStoreIsCalledByItsName(files: [String], reason: String) throws {
    let folder = try TestFolder()
    for file in files { try folder.write("[]", to: file) }
    let error = #expect(throws: SourceError.self) { try ContainersStorage(path: folder.path) }
    #expect(error?.code == .wrongKind)
    #expect(error?.message.contains(reason) ?? false, "\(error as Any)")
    #expect(error?.message.contains(folder.path) ?? false)
  }

  @Test func whatIsNoFolderIsNoStore() throws {
    #expect(try #require(throws: SourceError.self) { try ContainersStorage(path: "/nowhere/at/all") }.code == .missing)
    #expect(try #require(throws: SourceError.self) { try ContainersStorage(path: "/dev/zero") }.code == .wrongKind)
  }
}
