import Foundation
import ImageAPI
import ImageSources
import Testing

/// Layouts that Skopeo, umoci and Buildah write, against what these programs say of them themselves.
@Suite struct RealToolTests {
  let folder: TestFolder
  private var layout: String { "\(folder.path)/layout" }

  init() throws {
    folder = try TestFolder()
  }

  private func images() throws -> [Image] {
    var source = try OCILayout(path: layout)
    let inventory = try #require(try source.read())
    #expect(inventory.leftOut == [])
    return inventory.united.images
  }

  private func image(_ tag: String) throws -> Image {
    try #require(try images().first { $0.repoTags.contains(tag) }, "\(tag) is not listed")
  }

  /// What Skopeo says of a name in a layout.
  private struct Inspected {
    let id: String
    let manifest: String
    let user: String
    let size: UInt64
    let layers: [String]
  }

  private struct Config: Decodable {
    struct Execution: Decodable {
      var user: String?

      enum CodingKeys: String, CodingKey { case user = "User" }
    }
    var config: Execution?
  }

  private struct Manifest: Decodable {
    struct Blob: Decodable {
      let size: UInt64
      let digest: String
    }
    let config: Blob
    let layers: [Blob]
  }

  private func sha256(_ data: Data) throws -> String {
    try folder.write(data, to: "summed")
    return "sha256:" + (try Tool.line("sha256sum", "\(folder.path)/summed").prefix(64))
  }

  private func skopeo(_ tag: String) throws -> Inspected {
    let config = try Tool.run("skopeo", "inspect", "--config", "--raw", "oci:\(layout):\(tag)")
    let manifest = try Tool.run("skopeo", "inspect", "--raw", "oci:\(layout):\(tag)")
    let parsed = try JSONDecoder().decode(Manifest.self, from: manifest)
    return Inspected(
      id: try sha256(config), manifest: try sha256(manifest),
      user: try JSONDecoder().decode(Config.self, from: config).config?.user ?? "",
      size: UInt64(config.count) + parsed.layers.reduce(0) { $0 + $1.size }, layers: parsed.layers.map(\.digest))
  }

  /// Compares every field of the image `tag`, and the size with what lies on the disk.
  private func expectAsSkopeoSays(_ tag: String, repository: String) throws {
    let image = try image(tag)
    let said = try skopeo(tag)
    #expect(image.id.description == said.id)
    #expect(image.repoDigests.contains("\(repository)@\(said.manifest)"))
    #expect(image.user == ImageUser(configUser: said.user))
    #expect(image.size == said.size)
    let files = try ([said.id] + said.layers).map { digest in
      let path = "\(layout)/blobs/\(digest.replacing(":", with: "/"))"
      return try #require(try FileManager.default.attributesOfItem(atPath: path)[.size] as? UInt64)
    }
    #expect(image.size == files.reduce(0, +))
  }

  private func umoci(_ arguments: String...) throws {
    try Tool.run("umoci", arguments)
  }

  /// An image of one file, made by umoci.
  private func newImage(_ tag: String, user: String) throws {
    if !FileManager.default.fileExists(atPath: layout) { try umoci("init", "--layout", layout) }
    try folder.write(tag, to: "file")
    try umoci("new", "--image", "\(layout):\(tag)")
    try umoci("insert", "--rootless", "--image", "\(layout):\(tag)", "\(folder.path)/file", "/file")
    try umoci("config", "--image", "\(layout):\(tag)", "--config.user", user)
  }

  @Test func umociInitIsEmpty() throws {
    try umoci("init", "--layout", layout)
    #expect(try images() == [])
  }

  @Test(arguments: ["", "0", "1000:1000", "nobody", "nobody:nogroup", "root"])
  func umociConfig(user: String) throws {
    try newImage("one", user: user)
    try expectAsSkopeoSays("one", repository: "one")
    #expect(try image("one").user == ImageUser(configUser: user))
  }

  @Test func umociTagMakesOneImageOfTwoNames() throws {
    try newImage("one", user: "1000")
    try umoci("tag", "--image", "\(layout):one", "other")
    try newImage("two", user: "1000")
    let listed = try Tool.line("umoci", "ls", "--layout", layout).split(separator: "\n").map(String.init)
    #expect(try images().flatMap(\.repoTags).sorted() == listed.sorted())
    #expect(try image("one").repoTags == ["one", "other"])
    for tag in listed { try expectAsSkopeoSays(tag, repository: tag) }
  }

  @Test func aRunningSourceFollowsUmoci() throws {
    try umoci("init", "--layout", layout)
    var source = try OCILayout(path: layout)
    #expect(try source.read() == Inventory())
    try newImage("one", user: "1000")
    #expect(try source.read()?.images.map(\.repoTags) == [["one"]])
    try umoci("config", "--image", "\(layout):one", "--config.user", "1")
    #expect(try source.read()?.images.map(\.user) == [.uid(1)])
    try umoci("rm", "--image", "\(layout):one")
    try umoci("gc", "--layout", layout)
    #expect(try source.read()?.images == [])
    #expect(try source.read() == nil)
  }

  @Test func umociStatSeesTheSameLayers() throws {
    struct Stat: Decodable {
      struct Entry: Decodable {
        struct Layer: Decodable { let size: UInt64 }
        let layer: Layer?
      }
      let history: [Entry]
    }
    try newImage("one", user: "1000")
    let stat = try JSONDecoder().decode(
      Stat.self, from: try Tool.run("umoci", "stat", "--json", "--image", "\(layout):one"))
    let config = try Tool.run("skopeo", "inspect", "--config", "--raw", "oci:\(layout):one")
    let layers = stat.history.compactMap(\.layer?.size)
    #expect(layers.count == 1)
    #expect(try image("one").size == layers.reduce(UInt64(config.count), +))
  }

  @Test(arguments: [
    ("example.org/a/b:1.0", "example.org/a/b"), ("example.org:5000/b:1", "example.org:5000/b"), ("latest", "latest"),
  ])
  func skopeoCopy(name: String, repository: String) throws {
    try newImage("from", user: "1000:1000")
    try Tool.run("skopeo", "--insecure-policy", "copy", "oci:\(layout):from", "oci:\(layout):\(name)")
    try expectAsSkopeoSays(name, repository: repository)
    #expect(try image(name).repoTags == [name, "from"].sorted())
  }

  @Test func skopeoCopyWithoutAName() throws {
    try newImage("from", user: "nobody")
    let id = try image("from").id
    try Tool.run("skopeo", "--insecure-policy", "copy", "oci:\(layout):from", "oci:\(folder.path)/other")
    var source = try OCILayout(path: "\(folder.path)/other")
    let images = try #require(try source.read()).images
    #expect(images.map(\.id) == [id])
    #expect(images.map(\.repoTags) == [[]] && images.map(\.repoDigests) == [[]])
  }

  @Test func skopeoCopyFromADockerArchive() throws {
    try newImage("from", user: "1000:1000")
    let archive = "docker-archive:\(folder.path)/image.tar"
    try Tool.run("skopeo", "--insecure-policy", "copy", "oci:\(layout):from", "\(archive):example.org/a:1")
    try FileManager.default.removeItem(atPath: layout)
    try Tool.run("skopeo", "--insecure-policy", "copy", archive, "oci:\(layout):example.org/a:1")
    try expectAsSkopeoSays("example.org/a:1", repository: "example.org/a")
  }

  /// Buildah with a store of its own.
  private func buildah(_ arguments: String...) throws -> String {
    let store = ["--storage-driver", "vfs", "--root", "\(folder.path)/root", "--runroot", "\(folder.path)/run"]
    return String(decoding: try Tool.run("buildah", store + arguments), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private func buildahImage(user: String, architecture: String = "amd64") throws -> String {
    let container = try buildah("from", "scratch")
    try folder.write(architecture, to: "file")
    _ = try buildah("copy", container, "\(folder.path)/file", "/")
    _ = try buildah("config", "--user", user, "--arch", architecture, container)
    return try buildah("commit", "--rm", container)
  }

  @Test func buildahPush() throws {
    let id = try buildahImage(user: "1234:5")
    _ = try buildah("push", id, "oci:\(layout):example.org/a:1")
    try expectAsSkopeoSays("example.org/a:1", repository: "example.org/a")
    let image = try image("example.org/a:1")
    #expect(try buildah("inspect", "--type", "image", "--format", "{{.FromImageID}}", id) == image.id.hex)
    #expect(try buildah("inspect", "--type", "image", "--format", "{{.OCIv1.Config.User}}", id) == "1234:5")
    #expect(image.user == .uid(1234))
  }

  /// Docker's manifest in an OCI layout: Buildah writes it, though this Skopeo does not find it there by its name.
  @Test func buildahPushOfDockersFormat() throws {
    let id = try buildahImage(user: "1234:5")
    let digestFile = "\(folder.path)/digest"
    _ = try buildah("push", "--format", "v2s2", "--digestfile", digestFile, id, "oci:\(layout):example.org/a:1")
    let digest = try String(contentsOfFile: digestFile, encoding: .utf8)
    let image = try image("example.org/a:1")
    #expect(image.repoDigests == ["example.org/a@\(digest)"])
    let manifest = "\(layout)/blobs/\(digest.replacing(":", with: "/"))"
    #expect(try Tool.line("jq", "-r", ".config.digest", manifest) == image.id.description)
    #expect(try Tool.line("jq", "[.config, .layers[]] | map(.size) | add", manifest) == "\(image.size)")
    #expect(image.user == .uid(1234))
  }

  @Test func buildahManifestPushAndSkopeoCopyAll() throws {
    let ids = try [("amd64", "0"), ("arm64", "nobody")].map { try buildahImage(user: $0.1, architecture: $0.0) }
    _ = try buildah("manifest", "create", "list")
    for id in ids { _ = try buildah("manifest", "add", "list", id) }
    let first = "oci:\(folder.path)/first:example.org/multi:1"
    _ = try buildah("manifest", "push", "--all", "list", first)
    try Tool.run("skopeo", "--insecure-policy", "copy", "--all", first, "oci:\(layout):example.org/multi:1")

    let images = try images()
    #expect(images.map(\.id.hex).sorted() == ids.sorted())
    #expect(Set(images.map(\.user)) == [.uid(0), .name("nobody")])
    let index = try sha256(Tool.run("skopeo", "inspect", "--raw", "oci:\(layout):example.org/multi:1"))
    for image in images {
      #expect(image.repoTags == ["example.org/multi:1"])
      #expect(image.repoDigests.count == 2 && image.repoDigests.contains("example.org/multi@\(index)"))
    }
    for (id, architecture) in zip(ids, ["amd64", "arm64"]) {
      let config = try Tool.run(
        "skopeo", "--override-arch", architecture, "inspect", "--config", "--raw", "oci:\(layout):example.org/multi:1")
      #expect(try sha256(config) == "sha256:\(id)")
    }
  }
}
