import Foundation
import ImageAPI
import ImageSources
import ServiceTesting
import Synchronization
import Testing

/// Stores that Podman and Buildah write, against what Podman says of them itself.
@Suite struct PodmanTests {
  private let folder: TestFolder
  private var path: String { "\(folder.path)/root" }

  init() throws {
    folder = try TestFolder()
  }

  private static func options(_ driver: String, _ folder: TestFolder) -> [String] {
    ["--storage-driver", driver, "--root", "\(folder.path)/root", "--runroot", "\(folder.path)/run"]
  }

  /// Whether this machine lets Podman mount an overlay: in many containers it does not.
  private static let hasOverlay: Bool = {
    guard let folder = try? TestFolder() else { return false }
    return (try? Tool.run("buildah", options("overlay", folder) + ["from", "scratch"])) != nil
  }()

  @discardableResult
  private func buildah(_ driver: String, _ arguments: String...) throws -> String {
    String(decoding: try Tool.run("buildah", Self.options(driver, folder) + arguments), as: UTF8.self)
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  /// What `podman images` and `podman inspect` have in common, and what only one of them has.
  private struct Said: Decodable {
    let id: String
    let names: [String]?
    let tags: [String]?
    let digests: [String]
    let size: UInt64
    let user: String?
    let annotations: [String: String]?

    enum CodingKeys: String, CodingKey {
      case id = "Id"
      case names = "Names"
      case tags = "RepoTags"
      case digests = "RepoDigests"
      case size = "Size"
      case user = "User"
      case annotations = "Annotations"
    }
  }

  private func podman(_ driver: String, _ arguments: String...) throws -> [Said] {
    let output = try Tool.run("podman", Self.options(driver, folder) + arguments)
    return try JSONDecoder().decode([Said].self, from: output)
  }

  /// Makes an image of one more layer than `base` has, and gives its id.
  private func newImage(
    _ driver: String, _ name: String?, from base: String = "scratch", size: Int, _ config: [String]
  ) throws -> String {
    let container = try buildah(driver, "from", base)
    try folder.write(String(repeating: "x", count: size), to: "file-\(size)")
    try buildah(driver, "copy", container, "\(folder.path)/file-\(size)", "/")
    _ = try Tool.run("buildah", Self.options(driver, folder) + ["config"] + config + [container])
    return try name.map { try buildah(driver, "commit", "--rm", container, $0) }
      ?? buildah(driver, "commit", "--rm", container)
  }

  private func expectAsPodmanSays(_ driver: String) throws {
    let ids = [
      try newImage(driver, "example.org/a:1", size: 1000, ["--user", "root"]),
      try newImage(driver, "base", size: 50_000, ["--user", "1234:1234", "--annotation", "org.example.key=value"]),
      try newImage(driver, "layered", from: "localhost/base", size: 70_000, ["--user", "nobody", "--port", "80"]),
      try newImage(driver, nil, size: 300, ["--label", "key=value"]),
      try newImage(driver, "localhost:5000/docker:2", size: 400, ["--user", ":7"]),
    ]
    try buildah(driver, "tag", "example.org/a:1", "example.org/a:2", "quay.io/x/a:3")
    try buildah(driver, "rmi", "localhost:5000/docker:2")
    try buildah(driver, "manifest", "create", "list")
    for id in ids.prefix(2) { try buildah(driver, "manifest", "add", "list", id) }

    var source = try ContainersStorage(path: path)
    let inventory = try #require(try source.read()).united
    #expect(inventory.leftOut == [])
    #expect(inventory.images.map(\.id.hex) == ids.dropLast().sorted())
    #expect(Set(inventory.images.map(\.user)) == [.name("root"), .uid(1234), .name("nobody"), .unspecified])
    // One line for each name there, and one for the list of manifests, which is no image.
    let listed = Dictionary(grouping: try podman(driver, "images", "--format", "json"), by: \.id)
    #expect(listed.count == inventory.images.count + 1)
    for image in inventory.images {
      let line = try #require(listed[image.id.hex]?.first)
      #expect(image.repoTags == (line.names ?? []).sorted())
      #expect(image.repoDigests == line.digests.sorted())
      #expect(image.size == line.size)
      let inspected = try #require(try podman(driver, "inspect", "--type", "image", image.id.hex).first)
      #expect(image.repoTags == (inspected.tags ?? []).sorted())
      #expect(image.repoDigests == inspected.digests.sorted())
      #expect(image.size == inspected.size)
      #expect(image.user == ImageUser(configUser: inspected.user ?? ""))
      #expect(image.spec?.annotations ?? [:] == inspected.annotations ?? [:])
    }
    #expect(inventory.images.contains { $0.spec?.annotations["org.example.key"] == "value" })
  }

  @Test func vfsIsListedAsPodmanListsIt() throws {
    try expectAsPodmanSays("vfs")
  }

  @Test(.enabled("this machine lets no overlay be mounted") { hasOverlay })
  func overlayIsListedAsPodmanListsIt() throws {
    try expectAsPodmanSays("overlay")
  }

  /// An image that Skopeo pulls through an index has two manifests, and Podman shows the digests of both.
  @Test func anImageOfAnIndexHasItsDigestToo() throws {
    let ids = try ["amd64", "arm64"].map { architecture in
      try newImage("vfs", nil, size: architecture == "amd64" ? 1 : 2, ["--arch", architecture])
    }
    try buildah("vfs", "manifest", "create", "list")
    for id in ids { try buildah("vfs", "manifest", "add", "list", id) }
    let layout = "oci:\(folder.path)/layout:latest"
    try buildah("vfs", "manifest", "push", "--all", "list", layout)
    let index = try Tool.run("skopeo", "inspect", "--raw", layout)
    try folder.write(index, to: "index")
    let digest = "sha256:" + (try Tool.line("sha256sum", "\(folder.path)/index").prefix(64))
    let other = "containers-storage:[vfs@\(folder.path)/other+\(folder.path)/other-run]example.org/multi:1"
    try Tool.run("skopeo", "--insecure-policy", "--override-arch", "arm64", "copy", layout, other)

    var source = try ContainersStorage(path: "\(folder.path)/other")
    let image = try #require(try source.read()?.images.first)
    #expect(image.id.hex == ids[1] && image.repoTags == ["example.org/multi:1"])
    #expect(image.repoDigests.count == 2 && image.repoDigests.contains("example.org/multi@\(digest)"))
    let said = try JSONDecoder().decode(
      [Said].self,
      from: try Tool.run(
        "podman", "--storage-driver", "vfs", "--root", "\(folder.path)/other", "--runroot", "\(folder.path)/other-run",
        "inspect", "--type", "image", ids[1]))
    #expect(said.map { $0.digests.sorted() } == [image.repoDigests])
    #expect(said.map(\.size) == [image.size])
  }

  /// Records as other writers and versions leave them.
  @Test(arguments: ["one name twice", "no digests", "another id"])
  func editedRecordsAreListedAsPodmanListsThem(edit: String) throws {
    for (name, size) in [("first", 10), ("second", 20)] { _ = try newImage("vfs", name, size: size, ["--user", "7"]) }
    let list = URL(filePath: "\(path)/vfs-images/images.json")
    var records = try #require(
      try JSONSerialization.jsonObject(with: Data(contentsOf: list)) as? [[String: Any]])
    switch edit {
    case "one name twice": records[1]["names"] = ["localhost/second:latest", "localhost/first:latest"]
    case "no digests": for index in records.indices { records[index]["big-data-digests"] = nil }
    default:
      let (id, other) = (try #require(records[0]["id"] as? String), String(repeating: "f", count: 64))
      records[0]["id"] = other
      try FileManager.default.moveItem(atPath: "\(path)/vfs-images/\(id)", toPath: "\(path)/vfs-images/\(other)")
    }
    try JSONSerialization.data(withJSONObject: records).write(to: list, options: .atomic)

    var source = try ContainersStorage(path: path)
    let inventory = try #require(try source.read())
    #expect(inventory.leftOut.isEmpty && inventory.images.map(\.user) == [.uid(7), .uid(7)])
    let said = Dictionary(grouping: try podman("vfs", "images", "--format", "json"), by: \.id).mapValues { lines in
      Set(lines.flatMap { $0.names ?? [] })
    }
    #expect(said == Dictionary(uniqueKeysWithValues: inventory.images.map { ($0.id.hex, Set($0.repoTags)) }))
  }

  /// Skopeo writes Docker's form, and somebody a configuration of any type, with its keys in any case.
  @Test func aManifestOfDockersIsWhatPodmanTakesItFor() throws {
    _ = try newImage("vfs", "first", size: 10, ["--user", "7"])
    let store = "containers-storage:[vfs@\(path)+\(folder.path)/run]localhost"
    let image = "\(folder.path)/image"
    try Tool.run("skopeo", "--insecure-policy", "copy", "--format", "v2s2", "\(store)/first", "dir:\(image)")
    let file = URL(filePath: "\(image)/manifest.json")
    var manifest = try #require(try JSONSerialization.jsonObject(with: Data(contentsOf: file)) as? [String: Any])
    var config = try #require(manifest["config"] as? [String: Any])
    let digest = try #require(config["digest"] as? String).dropFirst("sha256:".count)
    let text = try String(contentsOfFile: "\(image)/\(digest)", encoding: .utf8).replacing(#""User""#, with: #""user""#)
    let id = Digest(sha256Of: text.utf8)
    try folder.write(text, to: "image/\(id.hex)")
    config["digest"] = id.description
    config["size"] = text.utf8.count
    config["mediaType"] = "application/octet-stream"
    manifest["config"] = config
    try JSONSerialization.data(withJSONObject: manifest).write(to: file)
    try Tool.run("skopeo", "--insecure-policy", "copy", "dir:\(image)", "\(store)/second")

    var source = try ContainersStorage(path: path)
    let images = try #require(try source.read()).images
    let second = try #require(images.first { $0.repoTags == ["localhost/second:latest"] })
    #expect(second.id == id && second.user == .uid(7))
    let said = try #require(try podman("vfs", "inspect", "--type", "image", "localhost/second").first)
    #expect(said.id == id.hex && said.user == "7" && said.size == second.size)
  }

  /// Archives that repeat files, or call a configuration as they like.
  @Test(arguments: ["config", String(repeating: "0", count: 64) + ".json"])
  func podmanLoadsWhatIsListed(config name: String) throws {
    // A tar file that holds nothing.
    let layer = String(repeating: "\0", count: 10_240)
    let config =
      #"{"architecture":"amd64","os":"linux","config":{"USER":"7"},"rootfs":{"type":"layers","diff_ids":["\#(TestLayout.digest(layer))"]}}"#
    let archive = TestArchive { archive in
      for _ in 0..<2 {
        archive.add(name, config)
        archive.add("layer.tar", layer)
      }
      let entries = ["localhost/a:1", "localhost/b:1"].map {
        TestArchive.entry([$0], config: name, layers: ["layer.tar"])
      }
      archive.add("manifest.json", "[\(entries.joined(separator: ","))]")
    }
    try folder.write(archive.bytes, to: "archive.tar")
    var source = try DockerArchive(path: "\(folder.path)/archive.tar")
    let inventory = try #require(try source.read())
    #expect(
      inventory.leftOut.isEmpty && Set(inventory.images.flatMap(\.repoTags)) == ["localhost/a:1", "localhost/b:1"])
    try Tool.run("podman", Self.options("vfs", folder) + ["load", "-q", "-i", "\(folder.path)/archive.tar"])
    let said = try podman("vfs", "inspect", "--type", "image", "localhost/a:1", "localhost/b:1")
    #expect(Set(said.map(\.id)) == Set(inventory.images.map(\.id.hex)))
    #expect(Set(said.map(\.user)) == ["7"] && Set(inventory.images.map(\.user)) == [.uid(7)])
  }

  /// Buildah makes and removes images while the store is read all the time: nothing that is there is ever left out.
  @Test func noReadingOfABusyStoreFindsAFault() throws {
    let first = try newImage("vfs", "first", size: 100, ["--user", "1"])
    let failure = Mutex<(any Error)?>(nil)
    let isFinished = DispatchSemaphore(value: 0)
    let test = self
    Thread.detachNewThread {
      do {
        for round in 0..<3 {
          _ = try test.newImage("vfs", "second", from: "localhost/first", size: 1000 + round, ["--user", "2"])
          try test.buildah("vfs", "rmi", "localhost/second")
        }
      } catch {
        failure.withLock { $0 = error }
      }
      isFinished.signal()
    }
    var source = try ContainersStorage(path: path)
    var counts: Set<Int> = []
    while isFinished.wait(timeout: .now()) == .timedOut {
      do throws(SourceError) {
        guard let inventory = try source.read() else { continue }
        #expect(inventory.leftOut == [])
        #expect(inventory.images.contains { $0.id.hex == first && $0.user == .uid(1) })
        counts.insert(inventory.images.count)
      } catch {
        #expect(error.message.contains("is being written to"))
      }
    }
    #expect(failure.withLock { $0 } == nil)
    #expect(counts == [1, 2])
  }
}
