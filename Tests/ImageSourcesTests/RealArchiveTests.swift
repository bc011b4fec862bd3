import Foundation
import ImageAPI
import ImageSources
import Testing

/// Archives that Skopeo and Podman write, against what these programs say of them themselves.
@Suite struct RealArchiveTests {
  let folder: TestFolder
  private var layout: String { "\(folder.path)/layout" }
  private var archive: String { "\(folder.path)/images.tar" }

  init() throws {
    folder = try TestFolder()
    try Tool.run("umoci", "init", "--layout", layout)
  }

  /// An image of so many layers in the layout.
  private func newImage(_ tag: String, user: String, layers: Int = 1) throws {
    try Tool.run("umoci", "new", "--image", "\(layout):\(tag)")
    for layer in 0..<layers {
      try folder.write("\(tag) \(layer)", to: "file")
      try Tool.run("umoci", "insert", "--rootless", "--image", "\(layout):\(tag)", "\(folder.path)/file", "/\(layer)")
    }
    try Tool.run("umoci", "config", "--image", "\(layout):\(tag)", "--config.user", user)
  }

  private func skopeo(_ arguments: String...) throws {
    try Tool.run("skopeo", ["--insecure-policy"] + arguments)
  }

  private func images() throws -> [Image] {
    var source = try DockerArchive(path: archive)
    let inventory = try #require(try source.read())
    #expect(inventory.leftOut == [])
    return inventory.images
  }

  @Test(arguments: [("", 1), ("0", 0), ("1000:1000", 3), ("nobody", 2)])
  func skopeoCopy(user: String, layers: Int) throws {
    try newImage("from", user: user, layers: layers)
    try skopeo(
      "copy", "--additional-tag", "example.org/a:2", "oci:\(layout):from", "docker-archive:\(archive):example.org/a:1")
    let config = try Tool.run("skopeo", "inspect", "--config", "--raw", "docker-archive:\(archive)")
    try folder.write(try Tool.run("skopeo", "inspect", "--raw", "docker-archive:\(archive)"), to: "manifest")
    let manifest = "\(folder.path)/manifest"
    let images = try images()
    let image = try #require(images.first)
    #expect(images.count == 1)
    #expect(image.id == Digest(sha256Of: config))
    #expect(image.id.description == (try Tool.line("jq", "-r", ".config.digest", manifest)))
    #expect("\(image.size)" == (try Tool.line("jq", "[.config, .layers[]] | map(.size) | add", manifest)))
    #expect(image.user == ImageUser(configUser: user))
    #expect(image.repoTags == ["example.org/a:1", "example.org/a:2"] && image.repoDigests == [])

    // It is the same image as in the layout, and in the archive compressed.
    var source = try OCILayout(path: layout)
    #expect(try source.read()?.images.map(\.id) == [image.id])
    try Tool.run("gzip", archive)
    try FileManager.default.moveItem(atPath: "\(archive).gz", toPath: archive)
    #expect(try self.images() == images)
  }

  @Test func podmanSaveOfSeveral() throws {
    // A store of its own, at a path as short as Podman demands, and in lower case, as it makes names of it.
    let short = "/tmp/waybill-\(UUID().uuidString.prefix(8).lowercased())"
    try FileManager.default.createDirectory(atPath: short, withIntermediateDirectories: false)
    defer { try? FileManager.default.removeItem(atPath: short) }
    try FileManager.default.createSymbolicLink(atPath: "\(short)/layout", withDestinationPath: layout)
    func podman(_ arguments: String...) throws -> String {
      let store = ["--storage-driver", "vfs", "--root", "\(short)/root", "--runroot", "\(short)/run"]
      return String(decoding: try Tool.run("podman", store + arguments), as: UTF8.self)
        .trimmingCharacters(in: .whitespacesAndNewlines)
    }
    for (tag, user) in [("one", "1000"), ("two", "nobody")] {
      try newImage(tag, user: user)
      let id = try podman("pull", "--quiet", "oci:\(short)/layout:\(tag)")
      _ = try podman("tag", id, "example.org/\(tag):1", "example.org/\(tag):latest")
    }
    _ = try podman(
      "save", "--quiet", "--multi-image-archive", "--output", archive, "example.org/one:1", "example.org/one:latest",
      "example.org/two:1")
    let images = try images()
    #expect(images.count == 2)
    for (tag, tags) in [("one", ["example.org/one:1", "example.org/one:latest"]), ("two", ["example.org/two:1"])] {
      let image = try #require(images.first { $0.repoTags == tags })
      let inspected = try podman("image", "inspect", "--format", "{{.Id}} {{.User}}", "example.org/\(tag):1").split(
        separator: " ")
      #expect(image.id.hex == inspected[0])
      #expect(image.user == ImageUser(configUser: String(inspected[1])))
    }
    _ = try podman("rmi", "--all", "--force")
  }
}
