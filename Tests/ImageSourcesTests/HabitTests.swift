import Foundation
import ImageAPI
import ServiceTesting
import Testing

@testable import ImageSources

/// What those who write stores do, and every program that reads them has to know.
@Suite struct HabitTests {
  static let dockerType = "application/vnd.docker.distribution.manifest.v2+json"

  private func read(_ layout: TestLayout) throws -> Inventory {
    var source = try OCILayout(path: layout.path)
    return try #require(try source.read())
  }

  private func read(_ store: TestStorage) throws -> Inventory {
    var source = try ContainersStorage(path: store.path)
    return try #require(try source.read())
  }

  private func read(_ graph: TestGraph) throws -> Inventory {
    var source = try ISuladGraph(path: graph.path)
    return try #require(try source.read())
  }

  private func read(_ archive: TestArchive) throws -> Inventory {
    let folder = try TestFolder()
    try folder.write(archive.bytes, to: "images.tar")
    var source = try DockerArchive(path: "\(folder.path)/images.tar")
    return try #require(try source.read())
  }

  // MARK: - Images and artifacts

  @Test(arguments: ["application/octet-stream", "application/json", "text/html", "application/vnd.example"])
  func aManifestOfDockersIsAnImageWhateverTheTypeOfItsConfiguration(type: String) throws {
    let layout = try TestLayout()
    let own = #","mediaType":"\#(Self.dockerType)""#
    let manifest = try layout.manifest(layout.config(user: "7"), configType: type, more: own)
    try layout.list([manifest.descriptor(Self.dockerType, [referenceName: "a:1"])])
    let inventory = try read(layout)
    #expect(inventory.images.map(\.repoTags) == [["a:1"]] && inventory.images.map(\.user) == [.uid(7)])
    #expect(inventory.passedOver == 0)

    let store = try TestStorage()
    var parts = TestStorage.Parts(user: "7", names: ["a:1"])
    parts.configType = type
    parts.manifestMembers = #""mediaType":"\#(Self.dockerType)","#
    try store.write([parts])
    #expect(try read(store).images.map(\.user) == [.uid(7)])
    // The same of OCI is an artifact.
    parts.manifestMembers = ""
    try store.write([parts])
    #expect(try read(store).images.isEmpty && read(store).passedOver == 1)
  }

  @Test(arguments: [
    "text/spdx", "text/spdx+xml", "TEXT/plain", "application/vnd.cyclonedx+json", "application/vnd.syft+json",
    "application/spdx+json", "application/vnd.in-toto+json", "application/vnd.dsse.envelope.v1+json",
    "application/vnd.dev.cosign.simplesigning.v1+json", "application/vnd.dev.sigstore.bundle.v0.3+json",
  ])
  func statementsAboutImagesArePassedOver(type: String) throws {
    let layout = try TestLayout()
    let (oci, docker) = (TestLayout.manifestType, Self.dockerType)
    let config = try layout.config(salt: type)
    let statement = TestLayout.Blob(digest: TestLayout.digest(type), size: "5").descriptor(type)
    try layout.list([
      layout.manifest(config, layerType: type).descriptor(oci),
      layout.manifest(config, layerType: type, more: #","mediaType":"\#(docker)""#).descriptor(docker),
      // One such layer is enough.
      layout.blob(
        #"{"schemaVersion":2,"config":\#(config.descriptor(TestLayout.configType)),"layers":[\#(statement),\#(layer)]}"#
      ).descriptor(oci),
    ])
    let inventory = try read(layout)
    #expect(inventory.images.isEmpty && inventory.leftOut.isEmpty && inventory.passedOver == 3)
  }

  private var layer: String {
    TestLayout.Blob(digest: TestLayout.digest("layer"), size: "5")
      .descriptor("application/vnd.oci.image.layer.v1.tar+gzip")
  }

  @Test(arguments: [
    "application/vnd.wasm.content.layer.v1+wasm", "application/wasm", "application/vnd.oci.image.layer.nydus.blob.v1",
    "application/vnd.cncf.nydus.bootstrap.v1+gzip", "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
  ])
  func otherLayersAreThoseOfImages(type: String) throws {
    let layout = try TestLayout()
    try layout.list([layout.manifest(layout.config(), layerType: type).descriptor(TestLayout.manifestType)])
    #expect(try read(layout).images.count == 1)
  }

  // MARK: - JSON as Go reads it

  @Test(arguments: [
    #"{"config":{"user":"1000"}}"#, #"{"config":{"USER":"1000"}}"#, #"{"Config":{"User":"1000"}}"#,
    #"{"CONFIG":{"\u0055ser":"1000"}}"#, #"{"config":{"u\u017fer":"1000"}}"#, #"{"config":{"uſer":"1000"}}"#,
  ])
  func keysAreReadWithoutRegardToCase(config: String) throws {
    let layout = try TestLayout()
    try layout.list([layout.manifest(layout.blob(config)).descriptor(TestLayout.manifestType)])
    #expect(try read(layout).images.map(\.user) == [.uid(1_000)])
    let store = try TestStorage()
    var parts = TestStorage.Parts()
    parts.config = config
    try store.write([parts])
    #expect(try read(store).images.map(\.user) == [.uid(1_000)])
    let graph = try TestGraph()
    var image = TestGraph.Parts()
    image.config = config
    try graph.write(image)
    #expect(try read(graph).images.map(\.user) == [.uid(1_000)])
    let archive = TestArchive([TestArchive.entry(["a:1"], config: "config")]) { $0.add("config", config) }
    #expect(try read(archive).images.map(\.user) == [.uid(1_000)])
  }

  @Test(arguments: [
    #"{"config":{"user":"1000","User":"0"}}"#, #"{"config":{"User":"0","USER":"0"}}"#,
    #"{"config":{},"Config":{"User":"0"}}"#, #"{"config":{"User":"0","uſer":"1"}}"#,
  ])
  func twoKeysThatDifferInCaseAreOneKeyTwice(config: String) throws {
    let layout = try TestLayout()
    try layout.list([
      layout.image("good:1"), layout.manifest(layout.blob(config)).descriptor(TestLayout.manifestType),
    ])
    let inventory = try read(layout)
    #expect(inventory.images.map(\.repoTags) == [["good:1"]])
    #expect(inventory.leftOut.map { $0.reason.contains(" twice") } == [true])
  }

  @Test func everyDocumentIsReadWithoutRegardToCase() throws {
    let layout = try TestLayout()
    let config = try layout.config(user: "7")
    let manifest = try layout.blob(
      #"{"SchemaVersion":2,"CONFIG":{"MediaType":"\#(TestLayout.configType)","Digest":"\#(config.digest)","SIZE":\#(config.size)},"Layers":[]}"#
    )
    let descriptor =
      #"{"MEDIATYPE":"\#(TestLayout.manifestType)","DIGEST":"\#(manifest.digest)","Size":\#(manifest.size),"Annotations":{"\#(referenceName)":"a:1"}}"#
    try layout.folder.write(#"{"SCHEMAVERSION":2,"Manifests":[\#(descriptor)]}"#, to: "index.json")
    try layout.folder.write(#"{"ImageLayoutVersion":"1.0.0"}"#, to: "oci-layout")
    #expect(try read(layout).images.map(\.user) == [.uid(7)] && read(layout).images.map(\.repoTags) == [["a:1"]])

    // The keys of annotations are no fields: they are as they are written.
    let shouted = descriptor.replacing(referenceName, with: referenceName.uppercased())
    try layout.folder.write(#"{"schemaVersion":2,"manifests":[\#(shouted)]}"#, to: "index.json")
    #expect(try read(layout).images.map(\.repoTags) == [[]])

    let store = try TestStorage()
    var parts = TestStorage.Parts(names: ["a:1"])
    parts.text = parts.json.replacing(#""id""#, with: #""ID""#).replacing(#""names""#, with: #""Names""#)
      .replacing(#""big-data-digests""#, with: #""Big-Data-Digests""#)
    try store.write([parts])
    #expect(try read(store).images.map(\.repoTags) == [["a:1"]])
    let archive = TestArchive([
      #"{"config":"\#(TestArchive.configName)","REPOTAGS":["a:1"],"layers":["layer.tar"]}"#
    ])
    #expect(try read(archive).images.map(\.repoTags) == [["a:1"]])
  }

  // MARK: - Archives

  @Test func equalBytesGivenTwiceInAnArchiveAreOneFile() throws {
    let archive = TestArchive([
      TestArchive.entry(["a:1"]), TestArchive.entry(["b:1"], layers: ["small", "layer.tar"]),
    ]) { archive in
      archive.add(TestArchive.configName, TestArchive.config)
      archive.add("small", "s")
      archive.add("layer.tar", String(repeating: "l", count: 2_000))
      archive.add("./small", "s")
      archive.add(
        "manifest.json",
        "[\(TestArchive.entry(["a:1"])),\(TestArchive.entry(["b:1"], layers: ["small", "layer.tar"]))]")
    }
    let inventory = try read(archive)
    #expect(inventory.leftOut.isEmpty)
    #expect(Set(inventory.images.map(\.repoTags)) == [["a:1"], ["b:1"]])
    #expect(Set(inventory.images.map(\.id)) == [Digest(sha256Of: TestArchive.config.utf8)])
  }

  @Test func differentBytesOfOneNameAreAFault() throws {
    let archive = TestArchive([
      TestArchive.entry(["good:1"]), TestArchive.entry(["layer:1"], layers: ["other"]),
      TestArchive.entry(["config:1"], config: "config"), TestArchive.entry(["mixed:1"], layers: ["mixed"]),
    ]) { archive in
      for text in ["aa", "ab", "aa"] { archive.add("other", text) }
      for user in ["1", "2"] { archive.add("config", #"{"config":{"User":"\#(user)"}}"#) }
      archive.add("mixed", "m")
      archive.add("mixed", linkTo: "layer.tar")
    }
    let inventory = try read(archive)
    #expect(inventory.images.map(\.repoTags) == [["good:1"]])
    #expect(inventory.leftOut.map(\.image) == ["layer:1", "config:1", "mixed:1"])
    #expect(inventory.leftOut.allSatisfy { $0.reason.contains("is in the archive twice, and not the same") })
  }

  @Test func nullIsAnEmptyList() throws {
    #expect(try read(TestArchive { $0.add("manifest.json", "null\n") }) == Inventory())
    let layout = try TestLayout()
    try layout.folder.write(#"{"schemaVersion":2,"manifests":null}"#, to: "index.json")
    #expect(try read(layout) == Inventory())
    let store = try TestStorage()
    try store.folder.write("null", to: store.images)
    try store.folder.write("null", to: store.layers)
    #expect(try read(store) == Inventory())
  }

  @Test(arguments: [
    String(repeating: "0", count: 64) + ".json", "config", "blobs/sha256/\(String(repeating: "1", count: 64))",
  ])
  func theNameOfAConfigurationSaysNothing(name: String) throws {
    let archive = TestArchive([TestArchive.entry(["a:1"], config: name)]) { $0.add(name, #"{"config":{"User":"9"}}"#) }
    let images = try read(archive).images
    #expect(images.map(\.id) == [Digest(sha256Of: #"{"config":{"User":"9"}}"#.utf8)] && images.map(\.user) == [.uid(9)])
  }

  // MARK: - Indexes

  @Test func platformsThatAreNotThereAreAbsent() throws {
    let layout = try TestLayout()
    let there = try layout.image(user: "7")
    let missing = try (0..<7).map { number in
      let manifest = try layout.manifest(layout.config(salt: "\(number)"))
      try layout.folder.remove(manifest.file)
      return manifest.descriptor(TestLayout.manifestType)
    }
    try layout.list([layout.nested([there] + missing).descriptor(TestLayout.indexType, [referenceName: "a:1"])])
    let inventory = try read(layout)
    #expect(inventory.images.map(\.repoTags) == [["a:1"]] && inventory.leftOut.isEmpty && inventory.absent == 7)

    // None at all is an image that is lost.
    try layout.list([layout.nested(missing).descriptor(TestLayout.indexType, [referenceName: "a:1"])])
    let lost = try read(layout)
    #expect(lost.images.isEmpty && lost.leftOut.map(\.image) == ["a:1"] && lost.absent == 7)
    // So is one whose configuration alone is missing, and one that no index names.
    let manifest = try layout.manifest(layout.config(salt: "x"))
    try layout.folder.remove(layout.config(salt: "x").file)
    try layout.list([
      layout.nested([there, manifest.descriptor(TestLayout.manifestType)]).descriptor(TestLayout.indexType),
      missing[0],
    ])
    #expect(try read(layout).leftOut.count == 2 && read(layout).absent == 0)
  }

  /// Skopeo copies an index, and all but one platform are taken away, as `ctr images export` does.
  @Test func aPlatformOfManyThatSkopeoCopied() throws {
    let folder = try TestFolder()
    let sample = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Examples/sample-layout")
      .standardized.path(percentEncoded: false)
    let store = "\(folder.path)/layout"
    try Tool.run(
      "skopeo", "--insecure-policy", "copy", "--all", "oci:\(sample):example.org/demo/multi:1.0", "oci:\(store):multi")
    let raw = try Tool.run("skopeo", "inspect", "--raw", "oci:\(store):multi")
    struct Index: Decodable {
      struct Child: Decodable { let digest: String }
      let manifests: [Child]
    }
    let children = try JSONDecoder().decode(Index.self, from: raw).manifests
    try #require(children.count == 2)
    try FileManager.default.removeItem(
      atPath: "\(store)/blobs/\(children[1].digest.replacing(":", with: "/"))")
    var source = try OCILayout(path: store)
    let inventory = try #require(try source.read())
    #expect(inventory.images.count == 1 && inventory.leftOut.isEmpty && inventory.absent == 1)
    #expect(inventory.images[0].repoDigests.isEmpty == false)
  }

  // MARK: - Records

  @Test func aNameInTwoRecordsIsThatOfTheLaterOne() throws {
    let store = try TestStorage()
    let earlier = TestStorage.Parts(salt: "1", names: ["a:1", "b:1"])
    let later = TestStorage.Parts(salt: "2", names: ["a:1"])
    try store.write([earlier, later])
    let images = try read(store).images
    #expect(images.map(\.id.hex) == [earlier.hex, later.hex])
    #expect(images.map(\.repoTags) == [["b:1"], ["a:1"]])
    #expect(images.map(\.repoDigests) == [["b@\(earlier.manifestDigest)"], ["a@\(later.manifestDigest)"]])

    let archive = TestArchive([
      TestArchive.entry(["a:1", "b:1"]), TestArchive.entry(["a:1"], config: "config"),
    ]) { $0.add("config", "{}") }
    #expect(try read(archive).images.map(\.repoTags) == [["b:1"], ["a:1"]])

    for key in ["loaded", "Loaded"] {
      let graph = try TestGraph()
      for (salt, time) in [("1", "2019-04-02T23:17:46.5+08:00"), ("2", "2019-04-02T15:17:46.6Z"), ("3", "")] {
        var parts = TestGraph.Parts(salt: salt, names: ["a:1", "\(salt):1"])
        parts.more = #","\#(key)":"\#(time)""#
        try graph.write(parts)
      }
      #expect(Set(try read(graph).images.map(\.repoTags)) == [["1:1"], ["2:1", "a:1"], ["3:1"]])
    }
  }

  @Test func aRecordWithoutDigestsIsListed() throws {
    let store = try TestStorage()
    let parts = ["1", "2"].map { salt in
      var parts = TestStorage.Parts(user: salt, salt: salt, names: ["\(salt):1"])
      let json = parts.json
      let start = json.range(of: #","big-data-digests":{"#)!.lowerBound
      let end = json[start...].firstIndex(of: "}")!
      var text = json.replacingCharacters(in: start...end, with: "")
      if salt == "2" { text = text.replacing(#""digest":"\#(parts.manifestDigest)","#, with: "") }
      parts.text = text
      return parts
    }
    try store.write(parts)
    let inventory = try read(store)
    #expect(inventory.leftOut.isEmpty && inventory.images.map(\.user) == [.uid(1), .uid(2)])
    #expect(inventory.images.map(\.repoDigests) == [["1@\(parts[0].manifestDigest)"], []])
  }

  @Test func aManifestOfSchema1IsLeftOutForWhatItIs() throws {
    let store = try TestStorage()
    let text = #"{"schemaVersion":1,"name":"a","tag":"1","fsLayers":[],"history":[],"signatures":[]}"#
    // Docker's digest of a signed manifest is that of the part that is signed.
    for digest in [TestLayout.digest(text), TestLayout.digest("signed part")] {
      var parts = TestStorage.Parts(names: ["a:1"])
      parts.text = """
        {"id":"\(parts.hex)","digest":"\(digest)","names":["a:1"],"big-data-names":["manifest"],\
        "big-data-digests":{"manifest":"\(digest)"}}
        """
      try store.write([parts, TestStorage.Parts(salt: "good", names: ["good:1"])])
      try store.folder.write(text, to: store.manifestFile(parts))
      let inventory = try read(store)
      #expect(inventory.images.map(\.repoTags) == [["good:1"]])
      #expect(inventory.leftOut.map { $0.reason.contains("its schemaVersion is 1: ") } == [true])
    }
  }

  @Test func anImageHasTheIdOfItsRecord() throws {
    let store = try TestStorage()
    var parts = TestStorage.Parts(user: "7", names: ["a:1"])
    parts.id = String(TestLayout.digest("another").dropFirst(7))
    try store.write([parts])
    let inventory = try read(store)
    #expect(inventory.images.map(\.id.hex) == [parts.hex] && inventory.images.map(\.user) == [.uid(7)])
    #expect(inventory.aliases == [try #require(Digest(parts.configDigest)): try #require(Digest(parts.hex))])
  }

  @Test(arguments: [true, false])
  func layersMayBeInAnotherStore(isOtherFirst: Bool) throws {
    let (store, other) = (try TestStorage(), try TestStorage())
    let low = TestStorage.Layer("low", size: "10")
    let top = TestStorage.Layer("top", parent: low.id, size: "200")
    try other.write(layers: [low])
    try other.write([])
    try store.write(layers: [top])
    var parts = TestStorage.Parts(names: ["a:1"])
    parts.layer = top.id
    try store.write([parts])

    let alone = try read(store)
    #expect(alone.images.isEmpty && alone.leftOut.count == 1)
    #expect(alone.leftOut[0].reason.hasSuffix("give that as a source as well, containers-storage:PATH"))

    let pool = LayerPool()
    var source = try ContainersStorage(path: store.path, layers: pool)
    var otherSource = try ContainersStorage(path: other.path, layers: pool)
    if isOtherFirst { _ = try otherSource.read() }
    var inventory = try #require(try source.read())
    if !isOtherFirst {
      #expect(inventory.images.isEmpty)
      _ = try otherSource.read()
      inventory = try #require(try source.read())
    }
    #expect(inventory.images.map(\.size) == [parts.size + 210] && inventory.leftOut.isEmpty)
    #expect(try source.read() == nil)
    // What the other store loses is missing here.
    try other.write(layers: [])
    _ = try otherSource.read()
    #expect(try source.read()?.leftOut.count == 1)
  }

  // MARK: - What vanishes

  @Test func aBlobThatVanishedOrReturnedIsNoticed() throws {
    let layout = try TestLayout()
    let configs = try (0..<4).map { try layout.config(user: "\($0)", salt: "vanish") }
    let manifests = try configs.map { try layout.manifest($0) }
    let otherText = #"{"config":{"User":"9"}}"#
    let other = try layout.blob(otherText, digest: TestLayout.sha512(otherText))
    let last = try layout.manifest(other)
    try layout.list((manifests + [last]).map { $0.descriptor(TestLayout.manifestType) })
    var source = try OCILayout(path: layout.path)
    #expect(try source.read()?.images.count == 5)
    #expect(try source.read() == nil)
    for file in [configs[1].file, manifests[2].file, other.file] {
      let bytes = try Data(contentsOf: URL(filePath: "\(layout.path)/\(file)"))
      try layout.folder.remove(file)
      let without = try #require(try source.read())
      #expect(without.images.count == 4 && without.leftOut.map(\.path) == ["\(layout.path)/\(file)"])
      #expect(try source.read() == nil)
      try layout.folder.write(bytes, to: file)
      #expect(try source.read()?.images.count == 5)
      #expect(try source.read() == nil)
    }
  }

  @Test func bigDataThatVanishedOrReturnedIsNoticed() throws {
    let store = try TestStorage()
    let all = (0..<9).map { TestStorage.Parts(user: "\($0)", names: ["image-\($0):1"]) }
    try store.write(all)
    var source = try ContainersStorage(path: store.path)
    #expect(try source.read()?.images.count == 9)
    for file in [store.configFile(all[1]), store.manifestFile(all[8])] {
      let bytes = try Data(contentsOf: URL(filePath: "\(store.path)/\(file)"))
      try store.folder.remove(file)
      let lost = try (0..<3).compactMap { _ in try source.read() }
      #expect(lost.last?.images.count == 8, "\(lost)")
      try store.folder.write(bytes, to: file)
      #expect(try (0..<3).compactMap { _ in try source.read() }.last?.images.count == 9)
    }
  }

  @Test func aConfigurationThatISuladLostIsNoticed() throws {
    let graph = try TestGraph()
    let all = (0..<3).map { TestGraph.Parts(user: "\($0)", names: ["image-\($0):1"]) }
    for parts in all { try graph.write(parts) }
    var source = try ISuladGraph(path: graph.path)
    #expect(try source.read()?.images.count == 3)
    let file = graph.configFile(all[1].hex)
    let bytes = try Data(contentsOf: URL(filePath: "\(graph.path)/\(file)"))
    try graph.folder.remove(file)
    // What is only just written may be half of a change for two seconds.
    let isGone = eventually { (try? source.read())??.leftOut.count == 1 }
    #expect(isGone)
    try graph.folder.write(bytes, to: file)
    let isBack = eventually { (try? source.read())??.images.count == 3 }
    #expect(isBack)
  }
}
