import Foundation
import ImageAPI
import ImageSources
import ServiceTesting
import Testing

/// Archives that are wrong in one way: what is said of them, and that the other image is listed.
@Suite struct DockerArchiveFaultTests {
  let folder: TestFolder
  private var path: String { "\(folder.path)/images.tar" }

  init() throws {
    folder = try TestFolder()
  }

  private func expectError(
    _ bytes: Data, _ code: SourceError.Code, _ parts: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try folder.write(bytes, to: "images.tar")
    var source = try DockerArchive(path: path)
    // It is read once, and said each time.
    for _ in 0..<2 {
      let error = try #require(throws: SourceError.self) { try source.read() }
      #expect(error.code == code && error.message.hasPrefix(path), "\(error)", sourceLocation: sourceLocation)
      for part in parts { #expect(error.message.contains(part), "\(error)", sourceLocation: sourceLocation) }
    }
  }

  private struct Fault: Sendable, CustomTestStringConvertible {
    let name: String
    let entry: String
    let image: String
    let reason: String
    let more: @Sendable (inout TestArchive) -> Void

    init(
      _ name: String, _ entry: String, _ reason: String, image: String = "bad:1",
      more: @escaping @Sendable (inout TestArchive) -> Void = { _ in }
    ) {
      self.name = name
      self.entry = entry
      self.image = image
      self.reason = reason
      self.more = more
    }

    var testDescription: String { name }
  }

  private static func configured(_ config: String) -> String { TestArchive.entry(["bad:1"], config: config) }
  private static func layered(_ layer: String) -> String { TestArchive.entry(["bad:1"], layers: ["layer.tar", layer]) }

  private static let faults: [Fault] = [
    Fault("no configuration", configured("none.json"), #"its configuration "none.json" is not in the archive"#),
    Fault("no layer", layered("none.tar"), #"its layer "none.tar" is not in the archive"#),
    Fault("absolute configuration", configured("/etc/passwd"), #"configuration "/etc/passwd" leads out of the archive"#)
    {
      $0.add("/etc/passwd", "{}")
    },
    Fault("escaping configuration", configured("../../x"), #"its configuration "../../x" leads out of the archive"#) {
      $0.add("../../x", "{}")
    },
    Fault("escaping layer", layered("a/../../b"), #"its layer "a/../../b" leads out of the archive"#),
    Fault("escaping link", layered("link"), #"its layer "link" is a link that leads out of the archive"#) {
      $0.add("link", linkTo: "../layer.tar")
    },
    Fault("absolute link", layered("link"), #"its layer "link" is a link that leads out of the archive"#) {
      $0.add("link", linkTo: "/layer.tar")
    },
    Fault("absolute hard link", layered("link"), #"its layer "link" is a link that leads out of the archive"#) {
      $0.add("link", linkTo: "/layer.tar", type: "1")
    },
    Fault("circle", layered("a"), #"its layer "a" is a link over more than 8 others"#) {
      $0.add("a", linkTo: "b")
      $0.add("b", linkTo: "a")
    },
    Fault("link to nothing", layered("link"), #"its layer "link" is not in the archive"#) {
      $0.add("link", linkTo: "none")
    },
    Fault("folder for a layer", layered("sub"), #"its layer "sub" is not in the archive"#) {
      $0.addHeader("sub", type: "5", size: 0)
    },
    Fault("layer twice", layered("twice"), #"its layer "twice" is in the archive twice, and not the same"#) {
      $0.add("twice", "1")
      $0.add("twice", "2")
    },
    Fault(
      "configuration twice", configured("twice"),
      #"its configuration "twice" is in the archive twice, and not the same"#
    ) {
      $0.add("twice", "{}")
      $0.add("./twice", "{ }")
    },
    Fault("configuration is no JSON", configured("x"), #"its configuration "x": it is not JSON"#) { $0.add("x", "{x") },
    Fault("configuration is no object", configured("x"), #"its configuration "x" is no JSON object"#) {
      $0.add("x", "[]")
    },
    Fault("configuration is empty", configured("x"), #"its configuration "x" is no JSON object"#) { $0.add("x", "") },
    Fault("user is no string", configured("x"), #"its configuration "x": "User" is not a string"#) {
      $0.add("x", #"{"config":{"User":0}}"#)
    },
    Fault("huge configuration", configured("x"), #""x" has 8388609 bytes, more than the limit of 8388608"#) {
      $0.add("x", "{" + String(repeating: " ", count: 8 << 20))
    },
    Fault("size of 8 EiB", layered("sparse"), #"its layer "sparse" is a sparse file"#) { archive in
      archive.addHeader("sparse", type: "S", size: 0) { header in
        header.replaceSubrange(257..<265, with: Array("ustar  \0".utf8))
        header.replaceSubrange(386..<410, with: Array("00000001000\000000000000\0".utf8))
        header.replaceSubrange(483..<495, with: [0x80, 0, 0, 0, 0x7f] + [UInt8](repeating: 0xff, count: 7))
      }
    },
    Fault("no Config", #"{"RepoTags":["bad:1"]}"#, "it has no Config", image: "manifest.json[1]"),
    Fault("null", "null", "it is not an object where one must stand", image: "manifest.json[1]"),
    Fault(
      "names are no strings", #"{"Config":"x","RepoTags":[1]}"#, #""RepoTags" is not a string"#,
      image: "manifest.json[1]"),
    Fault("Config twice", #"{"Config":"x","Config":"y"}"#, #"it has "Config" twice"#, image: "manifest.json[1]"),
    Fault(
      "control character", TestArchive.entry(["a\u{1b}:1"]), #"its name "a\u{1B}:1" has a control character"#,
      image: "manifest.json[1]"),
  ]

  @Test(arguments: faults.indices)
  func anImageThatIsWrongHidesNoOther(number: Int) throws {
    let fault = Self.faults[number]
    try folder.write(
      TestArchive([TestArchive.entry(["good:1"]), fault.entry], more: fault.more).bytes, to: "images.tar")
    var source = try DockerArchive(path: path)
    let inventory = try #require(try source.read())
    #expect(inventory.images.map(\.repoTags) == [["good:1"]])
    let leftOut = try #require(inventory.leftOut.first)
    #expect(inventory.leftOut.count == 1 && leftOut.image == fault.image && leftOut.path == path, "\(leftOut)")
    #expect(leftOut.reason.contains(fault.reason), "\(fault.name): \(leftOut.reason)")
  }

  @Test func noArchiveAtAll() throws {
    try expectError(Data(), .broken, "is empty")
    try expectError(Data("hello".utf8), .wrongKind, "is no tar archive")
    try expectError(Data(repeating: 0, count: 1 << 20), .broken, "has no manifest.json")
    try expectError(Data([0x1f, 0x8b] + (0..<98).map { UInt8($0) }), .wrongKind, "is no gzip archive")
    try expectError(Data("BZh91AY".utf8), .wrongKind, "compressed by bzip2")
    try expectError(Data([0xfd] + Array("7zXZ\0".utf8)), .wrongKind, "compressed by xz")
    try expectError(Data([0x28, 0xb5, 0x2f, 0xfd, 0, 0]), .wrongKind, "compressed by zstd")
  }

  @Test func aTarOfSomethingElse() throws {
    try expectError(TestArchive { $0.add("x", "x") }.bytes, .broken, "has no manifest.json")
    try expectError(TestArchive { $0.add("/manifest.json", "[]") }.bytes, .broken, "has no manifest.json")
    try expectError(TestArchive { $0.add("repositories", "{}") }.bytes, .wrongKind, "Docker before 1.10")
    let layout = TestArchive { archive in
      archive.add("oci-layout", "{}")
      archive.add("index.json", "{}")
    }
    try expectError(layout.bytes, .wrongKind, "OCI image layout", "oci:PATH")
  }

  @Test func aListThatMakesNoSense() throws {
    func listing(_ text: String) -> Data { TestArchive { $0.add("manifest.json", text) }.bytes }
    try expectError(listing(""), .broken, "manifest.json that lists no images", "not JSON")
    try expectError(listing("[{}"), .broken, "not JSON", "byte 3")
    try expectError(listing("{}"), .broken, "\"manifest.json\" is not an array")
    try expectError(listing("[]x"), .broken, "more after the end")
    try expectError(
      TestArchive { archive in
        archive.add("manifest.json", "[]")
        archive.add("./manifest.json", "[ ]")
      }.bytes, .broken, "manifest.json twice")
    let huge = TestArchive { $0.addHeader("manifest.json", type: "0", size: (64 << 20) + 1) }
    try expectError(huge.bytes, .broken, "of 67108865 bytes, more than the limit of 67108864")
    try expectError(
      listing("[" + String(repeating: "0,", count: 100_000) + "0]"), .broken, "more than 100000")
  }

  @Test func aDamagedArchive() throws {
    let bytes = TestArchive([TestArchive.entry(["a:1"])]).bytes
    try expectError(bytes.prefix(1_000), .broken, "Truncated")
    // The header of the second file.
    var damaged = bytes
    damaged[2_560 + 10] ^= 1
    try expectError(damaged, .broken, "Damaged")
    let negative = TestArchive { archive in
      archive.addHeader("x", type: "0", size: 0) {
        $0.replaceSubrange(124..<136, with: [UInt8](repeating: 0xff, count: 12))
      }
    }
    try expectError(negative.bytes, .broken, "cannot be read")
    let beyond = TestArchive { archive in
      archive.addHeader("x", type: "0", size: 0o77777777777)
    }
    try expectError(beyond.bytes, .broken, "Truncated")
  }

  @Test func whatIsNoFile() throws {
    let layout = try TestLayout()
    try FileManager.default.createDirectory(atPath: "\(folder.path)/sub", withIntermediateDirectories: false)
    try Tool.run("mkfifo", "\(folder.path)/fifo")
    for (path, code, part) in [
      ("\(folder.path)/none", SourceError.Code.missing, "does not exist"),
      ("\(folder.path)/none:latest", .missing, "without a tag"),
      ("\(folder.path)/sub", .wrongKind, "is not a regular file"),
      (layout.path, .wrongKind, "write oci:\(layout.path)"),
      ("/dev/zero", .wrongKind, "is not a regular file"), ("\(folder.path)/fifo", .wrongKind, "is not a regular file"),
    ] {
      let error = try #require(throws: SourceError.self) { try DockerArchive(path: path) }
      #expect(error.code == code && error.message.hasPrefix(path) && error.message.contains(part), "\(error)")
    }
  }

  private func shell(_ script: String) throws {
    try Tool.run("sh", "-c", "cd \(folder.path) && \(script)")
  }

  @Test func aGzipBomb() throws {
    try folder.write(
      Data(TestArchive { $0.addHeader("x", type: "0", size: 0o77777777777) }.bytes.prefix(512)), to: "head")
    // Compressed pieces may follow each other.
    try shell("head -c 67108864 /dev/zero | gzip >zeros; gzip head; cat head.gz >images.tar")
    try shell("for piece in $(seq 17); do cat zeros >>images.tar; done")
    var source = try DockerArchive(path: path)
    let error = try #require(throws: SourceError.self) { try source.read() }
    #expect(error.code == .broken && error.message.contains("gzip bomb"), "\(error)")
  }

  /// Pieces of a sparse file without end, of which libarchive keeps a list: 1 MB would cost 400.
  @Test func aHeaderWithoutEnd() throws {
    let piece = Array("00000001000\000000001000\0".utf8)
    let sparse = TestArchive { archive in
      archive.addHeader("x", type: "S", size: 512) { header in
        header.replaceSubrange(257..<265, with: Array("ustar  \0".utf8))
        header.replaceSubrange(386..<410, with: piece)
        header[482] = 1
      }
    }
    var pieces = [UInt8](repeating: 0, count: 512)
    for index in 0..<21 {
      pieces.replaceSubrange(index * 24..<index * 24 + 24, with: piece)
    }
    pieces[504] = 1
    var bytes = Data(sparse.bytes.prefix(512))
    for _ in 0..<20_000 { bytes += pieces }
    try expectError(bytes, .broken, "has a header of more than 4194304 bytes")
    try folder.write(bytes, to: "plain")
    try shell("gzip -c plain >images.tar")
    var source = try DockerArchive(path: path)
    #expect(try #require(throws: SourceError.self) { try source.read() }.message.contains("has a header of more than"))
  }

  @Test func aCompressedArchiveCutShort() throws {
    try folder.write(TestArchive([TestArchive.entry(["a:1"])]) { $0.add("x", UUID().uuidString) }.bytes, to: "plain")
    try shell("gzip -c plain >images.tar")
    let whole = try Data(contentsOf: URL(filePath: path))
    var source = try DockerArchive(path: path)
    #expect(try source.read()?.images.count == 1)
    for length in [2, 10, 30, whole.count / 2] {
      try folder.write(whole.prefix(length), to: "images.tar")
      #expect(throws: SourceError.self) { try source.read() }
    }
    // Compressed twice is compressed by something else than a tool that saves images.
    try shell("gzip -c plain | gzip -c >images.tar")
    #expect(try #require(throws: SourceError.self) { try source.read() }.code == .wrongKind)
  }
}
