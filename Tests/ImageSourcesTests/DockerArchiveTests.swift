import Foundation
import ImageAPI
import ImageSources
import ServiceTesting
import Testing

@Suite struct DockerArchiveTests {
  let folder: TestFolder
  private var path: String { "\(folder.path)/images.tar" }

  init() throws {
    folder = try TestFolder()
  }

  private func inventory(_ archive: TestArchive) throws -> Inventory {
    try folder.write(archive.bytes, to: "images.tar")
    var source = try DockerArchive(path: path)
    return try #require(try source.read()).united
  }

  private let size = UInt64(TestArchive.config.utf8.count + 2_000)

  /// Expects the one image that most archives here hold.
  private func expectTheImage(_ inventory: Inventory, sourceLocation: SourceLocation = #_sourceLocation) {
    let image = Image(
      id: Digest(sha256Of: TestArchive.config.utf8), repoTags: ["a:1"], size: size, user: .uid(1000))
    #expect(inventory == Inventory(images: [image]), sourceLocation: sourceLocation)
  }

  @Test func everyFieldOfAnImage() throws {
    expectTheImage(try inventory(TestArchive([TestArchive.entry(["a:1"])])))
  }

  @Test func theListMayStandFirstAndNamesMayBeginWithADot() throws {
    expectTheImage(
      try inventory(
        TestArchive { archive in
          archive.add("./manifest.json", "[\(TestArchive.entry(["a:1"]))]")
          archive.addHeader("./", type: "5", size: 0)
          archive.add("./" + TestArchive.configName, TestArchive.config)
          archive.add("./layer.tar", String(repeating: "l", count: 2_000))
        }))
  }

  /// Docker from 25 on writes its list into an OCI layout.
  @Test func anArchiveThatIsAnOCILayoutToo() throws {
    let config = "blobs/sha256/" + TestArchive.configName.dropLast(5)
    expectTheImage(
      try inventory(
        TestArchive([TestArchive.entry(["a:1"], config: config, layers: ["blobs/sha256/layer"])]) { archive in
          archive.add("oci-layout", #"{"imageLayoutVersion":"1.0.0"}"#)
          archive.add("index.json", #"{"schemaVersion":2,"manifests":[]}"#)
          archive.add("blobs/sha256/layer", String(repeating: "l", count: 2_000))
          archive.add(config, TestArchive.config)
        }))
  }

  /// A layer that another image has as well is a link in what older Dockers write.
  @Test(arguments: [
    ("id/layer.tar", "../layer.tar", "2"), ("id/layer.tar", "./../layer.tar", "2"), ("other.tar", "layer.tar", "2"),
    ("id/layer.tar", "layer.tar", "1"),
  ])
  func aLayerThatIsALink(name: String, target: String, type: String) throws {
    expectTheImage(
      try inventory(
        TestArchive([TestArchive.entry(["a:1"], layers: [name, "layer.tar"])]) { archive in
          archive.add(name, linkTo: target, type: Character(type))
        }))
  }

  @Test(arguments: [false, true])
  func longNames(posix: Bool) throws {
    let name = String(repeating: "folder/", count: 40) + "layer.tar"
    expectTheImage(
      try inventory(
        TestArchive([TestArchive.entry(["a:1"], layers: [name])]) { archive in
          archive.add(name, String(repeating: "l", count: 2_000), posix: posix)
        }))
  }

  @Test func severalNamesAndSeveralImages() throws {
    let inventory = try inventory(
      TestArchive([
        TestArchive.entry(["b:1", "a:1"]), TestArchive.entry(["c:1"]),
        #"{"Config":"other","RepoTags":null,"Layers":null}"#,
      ]) { $0.add("other", "{}") })
    #expect(inventory.leftOut == [])
    #expect(Set(inventory.images.map(\.repoTags)) == [["a:1", "b:1", "c:1"], []])
    #expect(Set(inventory.images.map(\.size)) == [size, 2])
  }

  @Test func anArchiveOfNoImages() throws {
    #expect(try inventory(TestArchive([])) == Inventory())
  }

  /// Fifty gigabytes of layers, which a file system that knows holes need not store, and nobody reads.
  @Test func aPlainArchiveIsLeaptOver() throws {
    let layer: Int = 50 << 30
    let archive = TestArchive { archive in
      archive.addHeader("huge.tar", type: "0", size: 0) { header in
        // Base 256, as eleven octal digits end at 8 GB.
        let digits = (0..<8).reversed().map { UInt8(layer >> ($0 * 8) & 0xff) }
        header.replaceSubrange(124..<136, with: [0x80, 0, 0, 0] + digits)
      }
    }
    try folder.write(archive.bytes.prefix(512), to: "images.tar")
    let file = try FileHandle(forWritingTo: URL(filePath: path))
    try file.truncate(atOffset: UInt64(512 + layer))
    try file.seekToEnd()
    try file.write(
      contentsOf: TestArchive([TestArchive.entry(["a:1"], layers: ["layer.tar", "huge.tar"])]).bytes)
    try file.close()
    var source = try DockerArchive(path: path)
    #expect(try source.read()?.images.map(\.size) == [size + UInt64(layer)])
  }

  @Test func aFileThatDoesNotChangeIsNotReadAgain() throws {
    let bytes = TestArchive([TestArchive.entry(["a:1"])]).bytes
    try folder.write(bytes, to: "images.tar")
    var source = try DockerArchive(path: path)
    #expect(try source.read() != nil)
    // The same again, in place and by a new file.
    try folder.write(bytes, to: "images.tar")
    #expect(try source.read() == nil)
    try bytes.write(to: URL(filePath: path), options: .atomic)
    #expect(try source.read() == nil)
    try FileManager.default.removeItem(atPath: path)
    #expect(try #require(throws: SourceError.self) { try source.read() }.code == .missing)
    try folder.write(bytes, to: "images.tar")
    #expect(try source.read() == nil)
  }

  @Test func aChangeIsSeenAtOnce() throws {
    try folder.write(TestArchive([]).bytes, to: "images.tar")
    var source = try DockerArchive(path: path)
    #expect(try source.read() == Inventory())
    for round in 0..<20 {
      let archive = TestArchive([TestArchive.entry(["a:\(round)"])])
      try archive.bytes.write(to: URL(filePath: path), options: round % 2 == 0 ? .atomic : [])
      #expect(try source.read()?.images.map(\.repoTags) == [["a:\(round)"]])
    }
  }

  /// However much of the archive there is, it is an error or the whole.
  @Test func aHalfWrittenArchiveIsNeverBelieved() throws {
    let bytes = TestArchive([TestArchive.entry(["a:1"]), TestArchive.entry(["b:1"])]).bytes
    try folder.write(bytes.prefix(700), to: "images.tar")
    var source = try DockerArchive(path: path)
    // All but the end of the archive itself, which says nothing about what is in it.
    let end = bytes.count - 1_024
    for length in stride(from: 512, to: end, by: 256) {
      try folder.write(bytes.prefix(length), to: "images.tar")
      let error = try #require(throws: SourceError.self, "\(length) bytes") { try source.read() }
      #expect(error.code == .broken && error.message.hasPrefix(path), "\(length) bytes: \(error)")
    }
    try folder.write(bytes.prefix(end), to: "images.tar")
    #expect(try source.read()?.united.images.map(\.repoTags) == [["a:1", "b:1"]])
  }

  /// A writer that rewrites the archive in place without a pause.
  @Test func anArchiveThatIsRewrittenIsOneOfTheTwo() throws {
    let archives = [3, 200].map { count in
      TestArchive((0..<count).map { number in TestArchive.entry([], config: "\(number)") }) { archive in
        for number in 0..<count { archive.add("\(number)", #"{"author":"\#(number)"}"#) }
      }.bytes
    }
    try folder.write(archives[0], to: "images.tar")
    var source = try DockerArchive(path: path)
    let writer = Thread { [folder] in
      var round = 0
      while !Thread.current.isCancelled {
        round += 1
        try? folder.write(archives[round % 2], to: "images.tar")
        Thread.sleep(forTimeInterval: 0.002)
      }
    }
    writer.start()
    let end = ContinuousClock.now + .seconds(1)
    var counts: Set<Int> = []
    while ContinuousClock.now < end {
      if let inventory = try? source.read() { counts.insert(inventory.images.count) }
    }
    writer.cancel()
    #expect(counts.isSubset(of: [3, 200]))
    #expect(!counts.isEmpty)
  }
}
