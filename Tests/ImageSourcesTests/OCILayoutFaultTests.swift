import Foundation
import ImageAPI
import ImageSources
import Testing

/// Layouts that are wrong or hostile: what is wrong is left out, the good image beside it is listed.
@Suite struct OCILayoutFaultTests {
  /// Something wrong with one image.
  struct Fault: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// What the reason says.
    let reason: String
    /// Makes the image and gives its descriptor.
    let make: @Sendable (TestLayout) throws -> String

    init(_ name: String, _ reason: String, _ make: @escaping @Sendable (TestLayout) throws -> String) {
      testDescription = name
      self.reason = reason
      self.make = make
    }

    /// A fault of the file that holds an image's manifest, a configuration's being read by the same code.
    static func ofFile(_ name: String, _ reason: String, _ spoil: @escaping @Sendable (String) throws -> Void) -> Fault
    {
      Fault(name, reason) { layout in
        let manifest = try layout.manifest(layout.config(salt: name))
        let path = "\(layout.path)/\(manifest.file)"
        try FileManager.default.removeItem(atPath: path)
        try spoil(path)
        return manifest.descriptor(TestLayout.manifestType, [referenceName: "bad:1"])
      }
    }

    /// A fault in the manifest's own text.
    static func ofManifest(_ name: String, _ reason: String, _ text: @escaping @Sendable (String) -> String) -> Fault {
      Fault(name, reason) { layout in
        let config = try layout.config(salt: name).descriptor(TestLayout.configType)
        return try layout.blob(text(config)).descriptor(TestLayout.manifestType, [referenceName: "bad:1"])
      }
    }

    /// A fault in the descriptor, found without opening a blob.
    static func ofDescriptor(_ name: String, _ reason: String, _ text: String) -> Fault {
      Fault(name, reason) { _ in text }
    }
  }

  static let someDigest = TestLayout.digest("")

  static let files: [Fault] = [
    .ofFile("missing", "does not exist") { _ in },
    .ofFile("folder", "not a regular file") {
      try FileManager.default.createDirectory(atPath: $0, withIntermediateDirectories: false)
    },
    .ofFile("FIFO", "not a regular file") { #expect(mkfifo($0, 0o600) == 0) },
    .ofFile("link to a device", "symbolic link") {
      try FileManager.default.createSymbolicLink(atPath: $0, withDestinationPath: "/dev/zero")
    },
    .ofFile("link out of the layout", "symbolic link") {
      try FileManager.default.createSymbolicLink(atPath: $0, withDestinationPath: "/etc/passwd")
    },
    .ofFile("link to itself", "symbolic link") {
      try FileManager.default.createSymbolicLink(atPath: $0, withDestinationPath: $0)
    },
    .ofFile("empty", "not what its digest says") { try Data().write(to: URL(filePath: $0)) },
    .ofFile("huge", "more than the limit") {
      try Data().write(to: URL(filePath: $0))
      #expect(truncate($0, 1 << 40) == 0)
    },
  ]

  static let manifests: [Fault] = [
    .ofManifest("no JSON", "not JSON") { _ in "{" },
    .ofManifest("more after the end", "more after the end") { #"{"schemaVersion":2,"config":\#($0)} x"# },
    .ofManifest("deep", "deep") { _ in String(repeating: "[", count: 1_000_000) },
    .ofManifest("deep where nobody looks", "deep") {
      #"{"schemaVersion":2,"config":\#($0),"x":\#(String(repeating: "{\"a\":", count: 100_000))"#
    },
    .ofManifest("an array", "not an object") { _ in "[]" },
    .ofManifest("no version", "no schemaVersion") { #"{"config":\#($0)}"# },
    .ofManifest("version 1", "schemaVersion is 1") { #"{"schemaVersion":1,"config":\#($0)}"# },
    .ofManifest("no config", "no config") { _ in #"{"schemaVersion":2,"layers":[]}"# },
    .ofManifest("two configs", "twice") { #"{"schemaVersion":2,"config":\#($0),"config":\#($0)}"# },
    .ofManifest("two configs, one written otherwise", "twice") {
      #"{"schemaVersion":2,"config":\#($0),"c\u006fnfig":\#($0)}"#
    },
    .ofManifest("one annotation twice", "one key twice") {
      #"{"schemaVersion":2,"config":\#($0),"annotations":{"a":"1","a":"2"}}"#
    },
    .ofManifest("also an index", "as a manifest and as an index") {
      #"{"schemaVersion":2,"config":\#($0),"manifests":[]}"#
    },
    .ofManifest("says to be an index", "media type") {
      #"{"schemaVersion":2,"mediaType":"\#(TestLayout.indexType)","config":\#($0)}"#
    },
    .ofManifest("layers no array", "\"layers\" is not an array") {
      #"{"schemaVersion":2,"config":\#($0),"layers":{}}"#
    },
    .ofManifest("half a surrogate pair", "surrogate") {
      #"{"schemaVersion":2,"config":\#($0),"annotations":{"a":"\ud800"}}"#
    },
  ]

  static let layers: [Fault] = [
    (["-1"], "negative"), (["\"1\""], "not a number"), (["1.0"], "not a whole number"), (["1e3"], "not a whole number"),
    (["01"], "not JSON"), (["99999999999999999999"], "not a whole number"), (["true"], "not a number"),
    (["9223372036854775807", "9223372036854775807", "9223372036854775807"], "more than 64 bits"),
    (["9223372036854775807", "9223372036854775807", "1"], "more than 64 bits"),
  ].map { sizes, reason in
    Fault("layers of \(sizes)", reason) { layout in
      try layout.manifest(layout.config(salt: "bad"), layers: sizes)
        .descriptor(TestLayout.manifestType, [referenceName: "bad:1"])
    }
  }

  static let configs: [Fault] = [
    Fault("config missing", "does not exist") { layout in
      let config = try layout.config(salt: "bad")
      try layout.folder.remove(config.file)
      return try layout.manifest(config).descriptor(TestLayout.manifestType)
    },
    Fault("config of another size", "but its manifest says 1") { layout in
      var config = try layout.config(salt: "bad")
      config.size = "1"
      return try layout.manifest(config).descriptor(TestLayout.manifestType)
    },
    Fault("user a number", "\"User\" is not a string") { layout in
      try layout.manifest(layout.blob(#"{"config":{"User":1}}"#)).descriptor(TestLayout.manifestType)
    },
    Fault("user twice", "twice") { layout in
      try layout.manifest(layout.blob(#"{"config":{"User":"root","User":"1"}}"#)).descriptor(TestLayout.manifestType)
    },
    Fault("user endless", "its user has 5000 bytes") { layout in
      let user = String(repeating: "u", count: 5000)
      return try layout.manifest(layout.config(user: user)).descriptor(TestLayout.manifestType)
    },
    Fault("config not UTF-8", "not UTF-8") { layout in
      let bytes = Data([0x22, 0xff, 0x22])
      let digest = Digest(sha256Of: bytes).description
      let config = TestLayout.Blob(digest: digest, size: "3")
      try layout.folder.write(bytes, to: config.file)
      return try layout.manifest(config).descriptor(TestLayout.manifestType)
    },
  ]

  static let descriptors: [Fault] =
    [
      ("climbing out", "is not a digest", #""sha256:../../etc/passwd""#, "1", ""),
      ("upper case", "is not a digest", "\"\(someDigest.replacing("sha256:e3", with: "sha256:E3"))\"", "1", ""),
      ("too short", "is not a digest", #""sha256:00""#, "1", ""),
      ("no algorithm", "is not a digest", "\"\(someDigest.dropFirst(7))\"", "1", ""),
      ("slash in the algorithm", "is not a digest", #""../sha256:00""#, "1", ""),
      ("NUL in the digest", "is not a digest", #""sha256:\u0000""#, "1", ""),
      ("other algorithm", "neither sha256 nor sha512", #""blake3:00""#, "1", ""),
      ("digest a number", "\"digest\" is not a string", "1", "1", ""),
      ("negative size", "negative", "\"\(someDigest)\"", "-1", ""),
      ("size a string", "not a number", "\"\(someDigest)\"", #""1""#, ""),
      ("digest twice", "twice", "\"\(someDigest)\"", "1", ",\"digest\":\"\(someDigest)\""),
      (
        "NUL in the name", "control character", "\"\(someDigest)\"", "1",
        #","annotations":{"\#(referenceName)":"a\u0000b"}"#
      ),
      (
        "new line in the name", "control character", "\"\(someDigest)\"", "1",
        #","annotations":{"\#(containerdName)":"a\nb"}"#
      ),
      (
        "name twice", "twice", "\"\(someDigest)\"", "1",
        #","annotations":{"\#(referenceName)":"a","\#(referenceName)":"b"}"#
      ),
      ("name a number", "not a string", "\"\(someDigest)\"", "1", #","annotations":{"\#(referenceName)":1}"#),
      (
        "name endless", "2000 bytes", "\"\(someDigest)\"", "1",
        #","annotations":{"\#(referenceName)":"\#(String(repeating: "a", count: 2000))"}"#
      ),
    ].map { name, reason, digest, size, more in
      .ofDescriptor(
        name, reason, #"{"mediaType":"\#(TestLayout.manifestType)","digest":\#(digest),"size":\#(size)\#(more)}"#)
    } + [
      .ofDescriptor("no object", "not an object", "[1]"),
      .ofDescriptor("empty", "no media type", "{}"),
      .ofDescriptor("no digest", "no digest", #"{"mediaType":"\#(TestLayout.manifestType)","size":1}"#),
      .ofDescriptor("no size", "no size", #"{"mediaType":"\#(TestLayout.manifestType)","digest":"\#(someDigest)"}"#),
      Fault("size of another", "but what names it says 1") { layout in
        var manifest = try layout.manifest(layout.config(salt: "bad"))
        manifest.size = "1"
        return manifest.descriptor(TestLayout.manifestType)
      },
      Fault("manifest called an index", "as an index and as a manifest") { layout in
        try layout.manifest(layout.config(salt: "bad")).descriptor(TestLayout.indexType)
      },
      Fault("broken one in a nested index", "no media type") { layout in
        try layout.nested(["{}"]).descriptor(TestLayout.indexType, [referenceName: "bad:1"])
      },
      Fault("index that names itself", "not what its digest says") { layout in
        let digest = TestLayout.digest("index")
        let inner = TestLayout.Blob(digest: digest, size: "200").descriptor(TestLayout.indexType)
        return try layout.blob(TestLayout.index([inner]), digest: digest).descriptor(TestLayout.indexType)
      },
    ]

  @Test(arguments: files + manifests + layers + configs + descriptors)
  func leavesOutTheOneAndListsTheOther(fault: Fault) throws {
    let layout = try TestLayout()
    try layout.list([fault.make(layout), layout.image("good:1")])
    var source = try OCILayout(path: layout.path)
    let inventory = try #require(try source.read())
    #expect(inventory.images.map(\.repoTags) == [["good:1"]])
    #expect(inventory.leftOut.count == 1)
    let leftOut = try #require(inventory.leftOut.first)
    #expect(leftOut.reason.contains(fault.reason), "\(leftOut)")
    #expect(leftOut.path.hasPrefix(layout.path))
  }

  @Test func linkedFoldersOfBlobsAreNotFollowed() throws {
    for folder in ["blobs", "blobs/sha256"] {
      let layout = try TestLayout()
      try layout.list([layout.image("a:1")])
      try FileManager.default.moveItem(atPath: "\(layout.path)/\(folder)", toPath: "\(layout.path)/elsewhere")
      try FileManager.default.createSymbolicLink(
        atPath: "\(layout.path)/\(folder)", withDestinationPath: "\(layout.path)/elsewhere")
      var source = try OCILayout(path: layout.path)
      let inventory = try #require(try source.read())
      #expect(inventory.images == [])
      #expect(inventory.leftOut.map(\.reason) == ["it is a symbolic link, which is not followed"])
    }
  }

  @Test func indexesOfTheSameChildrenCostNoMoreThanTheyWeigh() throws {
    let layout = try TestLayout()
    var child = try layout.image()
    // 10,000 to the power of 6 ways lead to the one image.
    for _ in 0..<6 {
      child = try layout.nested(Array(repeating: child, count: 10_000)).descriptor(
        TestLayout.indexType, [referenceName: "bomb:1"])
    }
    try layout.list([child])
    var source = try OCILayout(path: layout.path)
    let clock = ContinuousClock()
    let time = try clock.measure {
      let inventory = try #require(try source.read())
      #expect(inventory.images.map(\.repoTags) == [["bomb:1"]])
      #expect(inventory.leftOut == [])
    }
    #expect(time < .seconds(20))
  }

  @Test func indexesTooDeepInEachOtherAreLeftOut() throws {
    let layout = try TestLayout()
    var child = try layout.image()
    for _ in 0..<9 { child = try layout.nested([child]).descriptor(TestLayout.indexType, [referenceName: "deep:1"]) }
    try layout.list([child, layout.image("good:1", salt: "good")])
    var source = try OCILayout(path: layout.path)
    let inventory = try #require(try source.read())
    #expect(inventory.images.map(\.repoTags) == [["good:1"]])
    #expect(inventory.leftOut.map(\.reason) == ["indexes lie more than 8 deep in each other"])
  }
}
