import Foundation
import ImageAPI
import ImageSources
import Testing

@Suite struct EmbeddedImagesTests {
  let manifests: TestManifests

  init() throws {
    manifests = try TestManifests()
  }

  @Test func everyFieldComesFromItsPlace() throws {
    var parts = TestManifests.Parts()
    parts.layers[1].digest = quote(TestLayout.digest("layer one"))
    let digest = try manifests.write(parts)
    let image = Image(id: try #require(Digest(digest)), repoTags: ["test:v1"], size: 320)
    for path in [manifests.path, "\(manifests.path)/test.manifest"] {
      var source = try EmbeddedImages(path: path)
      #expect(source.name == "embedded:\(path)")
      #expect(try source.read() == Inventory(images: [image]))
      #expect(try source.read() == nil)
    }
  }

  @Test func aBlockDeviceMayBeTheLowestLayer() throws {
    var parts = TestManifests.Parts()
    parts.layers = [.init(size: "5", pathInHost: quote(try manifests.blockDevice()), pathInContainer: "")]
    try manifests.write(parts)
    var source = try EmbeddedImages(path: manifests.path)
    let inventory = try #require(try source.read())
    #expect(inventory.leftOut == [])
    #expect(inventory.images.map(\.size) == [0])
  }

  @Test(arguments: [
    ("test.manifest", "test.sgn"), ("manifest", "manifest.sgn"), ("a.b.manifest", "a.b.sgn"),
    ("image.json", "image.sgn"),
    ("image", "image.sgn"),
  ])
  func theSignatureStandsBeside(name: String, signature: String) throws {
    try manifests.write(to: name, signature: signature)
    var folder = try EmbeddedImages(path: manifests.path)
    #expect(try folder.read()?.images.count == 1)
    var one = try EmbeddedImages(path: "\(manifests.path)/\(name)")
    #expect(try one.read()?.images.count == 1)
  }

  @Test func layersBesideManifestsAreNoManifests() throws {
    // Both have test.sgn for a signature, and one is called a manifest.
    try manifests.folder.write("a layer", to: "test.img")
    try manifests.write()
    try manifests.folder.write("", to: "lost.sgn")
    var source = try EmbeddedImages(path: manifests.path)
    let inventory = try #require(try source.read())
    #expect(inventory.images.count == 1)
    #expect(inventory.leftOut == [])
  }

  @Test func linksOfLayersAreFollowedWithinTheFolder() throws {
    let links = [("relative", "one.img"), ("absolute", "\(manifests.path)/one.img"), ("tree/up", "../one.img")]
    var parts = TestManifests.Parts()
    for (name, target) in links {
      try FileManager.default.createSymbolicLink(
        atPath: "\(manifests.path)/\(name)", withDestinationPath: target)
      parts.layers.append(
        .init(digest: quote(TestLayout.digest("layer one")), pathInHost: quote("./tree/../\(name)")))
    }
    try FileManager.default.createSymbolicLink(
      atPath: "\(manifests.path)/linked", withDestinationPath: "tree")
    parts.layers.append(.init(mediaType: quote(TestManifests.bind), pathInHost: quote("linked")))
    try manifests.write(parts)
    // The folder itself may be named by a link, too.
    let other = try TestFolder()
    try FileManager.default.createSymbolicLink(atPath: "\(other.path)/link", withDestinationPath: manifests.path)
    var source = try EmbeddedImages(path: "\(other.path)/link")
    let inventory = try #require(try source.read())
    #expect(inventory.leftOut == [])
    #expect(inventory.images.map(\.size) == [320 + 4 * 300])
  }

  @Test func aHundredAndTwentyFiveLayersAreNotTooMany() throws {
    var parts = TestManifests.Parts()
    parts.layers = [.root] + Array(repeating: .init(), count: 124)
    try manifests.write(parts)
    var source = try EmbeddedImages(path: manifests.path)
    #expect(try source.read()?.images.map(\.size) == [124 * 300])
  }

  @Test(arguments: [
    "2018-12-20T14:17:46Z", "2018-12-20t14:17:46.5z", "2020-02-29T00:00:00+23:59", "2016-12-31T23:59:60Z",
    "2017-01-01T01:29:60+01:30",
  ])
  func everyTimeOfTheStandardIsOne(created: String) throws {
    var parts = TestManifests.Parts()
    parts.created = quote(created)
    try manifests.write(parts)
    var source = try EmbeddedImages(path: manifests.path)
    #expect(try source.read()?.images.count == 1)
  }

  @Test func manifestsComeAndGo() throws {
    var source = try EmbeddedImages(path: manifests.path)
    #expect(try source.read() == Inventory())
    try manifests.write()
    #expect(try source.read()?.images.map(\.repoTags) == [["test:v1"]])
    var parts = TestManifests.Parts()
    parts.imageName = quote("other:1")
    try manifests.write(parts, to: "other.manifest", signature: "other.sgn")
    #expect(try source.read()?.images.count == 2)
    try manifests.folder.remove("test.manifest")
    #expect(try source.read()?.images.map(\.repoTags) == [["other:1"]])
    try manifests.folder.remove("other.sgn")
    // The signature may be about to be written anew.
    #expect(try source.read() == nil)
  }

  @Test func whatIsWrongIsListedOnceItIsRight() throws {
    var parts = TestManifests.Parts()
    parts.layers[1].digest = quote(TestLayout.digest("layer two"))
    parts.layers.append(.init(pathInHost: quote("three.img")))
    try manifests.write(parts)
    var source = try EmbeddedImages(path: "\(manifests.path)/test.manifest")
    #expect(throws: SourceError.self) { try source.read() }
    try manifests.folder.write("layer two", to: "one.img")
    let error = #expect(throws: SourceError.self) { try source.read() }
    #expect(error?.message.contains("three.img") ?? false)
    try manifests.folder.write("", to: "three.img")
    #expect(try source.read()?.images.count == 1)
  }

  @Test func aHalfReplacedManifestKeepsItsImage() throws {
    let digest = try manifests.write()
    var source = try EmbeddedImages(path: "\(manifests.path)/test.manifest")
    #expect(try source.read()?.images.map(\.id.description) == [digest])
    var parts = TestManifests.Parts()
    parts.imageName = quote("test:v2")
    try manifests.write(parts, signature: nil)
    #expect(try source.read() == nil)
    let second = try manifests.write(parts)
    #expect(try source.read()?.images.map(\.id.description) == [second])
  }

  @Test func whatIsNoManifestIsSaidAtOnce() throws {
    for (path, code) in [("/nowhere", SourceError.Code.missing), ("/dev/zero", .wrongKind), ("/dev/null", .wrongKind)] {
      let error = #expect(throws: SourceError.self) { try EmbeddedImages(path: path) }
      #expect(error?.code == code)
    }
    let graph = try TestGraph()
    let error = #expect(throws: SourceError.self) { try EmbeddedImages(path: graph.path) }
    #expect(error?.message.contains("write isulad:") ?? false)
  }
}
