import Foundation
import ImageAPI
import ImageSources
import Testing

/// Each rule of the format broken: the error says which rule and which value.
@Suite struct EmbeddedFaultTests {
  struct Fault: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// Parts of what the reason says.
    let reasons: [String]
    let make: @Sendable (TestManifests) throws -> Void

    init(_ name: String, _ reasons: String..., make: @escaping @Sendable (TestManifests) throws -> Void) {
      testDescription = name
      self.reasons = reasons
      self.make = make
    }

    /// A fault of the manifest, whose signature is right.
    init(
      _ name: String, _ reasons: String..., parts: @escaping @Sendable (inout TestManifests.Parts) -> Void
    ) {
      testDescription = name
      self.reasons = reasons
      make = { manifests in
        var wrong = TestManifests.Parts()
        parts(&wrong)
        try manifests.write(wrong)
      }
    }

    /// A fault of the lowest layer, a device.
    init(
      _ name: String, device reasons: String..., parts: @escaping @Sendable (inout TestManifests.Layer) -> Void
    ) {
      testDescription = name
      self.reasons = ["layers[0]"] + reasons
      make = { manifests in
        var wrong = TestManifests.Parts()
        wrong.layers[0] = .init(pathInHost: quote(try manifests.blockDevice()), pathInContainer: "")
        parts(&wrong.layers[0])
        try manifests.write(wrong)
      }
    }

    /// A fault of the layer above it, a file.
    init(
      _ name: String, layer reasons: String..., parts: @escaping @Sendable (inout TestManifests.Layer) -> Void
    ) {
      testDescription = name
      self.reasons = ["layers[1]"] + reasons
      make = { manifests in
        var wrong = TestManifests.Parts()
        parts(&wrong.layers[1])
        try manifests.write(wrong)
      }
    }
  }

  static let names: [Fault] =
    [
      ("none", "stands for an image without a name"), ("none:latest", "stands for an image without a name"),
      ("k~k", "not an image reference"), ("k~k:1", "not an image reference"), ("busybox", "must end in a tag"),
      ("host:5000/busybox", "must end in a tag"), ("", "it is empty"), ("Busybox:1", "not an image reference"),
      ("busybox:1@sha256:00", "not a digest"), ("busybox:", "not a tag"),
      (String(repeating: "n", count: 254) + ":1", "imageName has 256 bytes, more than 255"),
    ].map { name, reason in
      Fault(
        "name \(name)", "imageName", reason, name.count > 40 ? "has" : quote(name),
        parts: { $0.imageName = quote(name) })
    }

  static let times: [Fault] = [
    "", "yesterday", "2018-12-20", "2018-12-20T14:17:46", "2018-12-20 14:17:46Z", "2018-13-20T14:17:46Z",
    "2018-02-29T14:17:46Z", "2018-12-20T24:00:00Z", "2018-12-20T14:60:46Z", "2018-12-20T14:17:61Z",
    "2018-12-20T14:17:60Z", "2018-12-20T14:17:46.Z", "2018-12-20T14:17:46+0100", "2018-12-20T14:17:46Z ",
    "18-12-20T14:17:46Z", "2018-12-20T14:17:46+24:00",
  ].map { time in Fault("created \(time)", "created", "RFC 3339", quote(time), parts: { $0.created = quote(time) }) }

  static let manifests: [Fault] = [
    Fault("version 2", "schemaVersion is 2", parts: { $0.schemaVersion = "2" }),
    Fault("no version", "schemaVersion is missing", parts: { $0.schemaVersion = "null" }),
    Fault("version in words", "\"schemaVersion\" is not a number", parts: { $0.schemaVersion = quote("1") }),
    Fault("media type", "mediaType is \"x\"", "embedded.manifest", parts: { $0.mediaType = quote("x") }),
    Fault("no media type", "mediaType is missing", parts: { $0.mediaType = "null" }),
    Fault("no name", "imageName is missing", parts: { $0.imageName = "null" }),
    Fault("no time", "created is missing", parts: { $0.created = "null" }),
    Fault("no layers", "0 layers", "1 to 125", parts: { $0.layers = [] }),
    Fault(
      "126 layers", "126 layers", "1 to 125", parts: { $0.layers = [.root] + Array(repeating: .init(), count: 125) }),
    Fault("empty", "it is empty", parts: { $0.text = "" }),
    Fault("no JSON", "not JSON", parts: { $0.text = "schemaVersion: 1" }),
    Fault("an array", "not an object", parts: { $0.text = "[]" }),
    Fault("nothing in it", "schemaVersion is missing", parts: { $0.text = "{}" }),
    Fault("a name that is twice there", "twice", parts: { $0.imageName = quote("a:1") + #","imageName":"b:1""# }),
    Fault(
      "sizes past 64 bits", "more than 64 bits",
      parts: { parts in
        parts.layers = [.root] + Array(repeating: .init(size: "9223372036854775807"), count: 3)
      }),
    Fault("huge", "more than the limit") { manifests in
      try manifests.write()
      #expect(truncate("\(manifests.path)/test.manifest", 1 << 40) == 0)
    },
  ]

  static let lowest: [Fault] = [
    Fault(
      "a file for a device", device: "/etc/passwd", "is not a block device",
      parts: { $0.pathInHost = quote("/etc/passwd") }),
    Fault(
      "a character device", device: "/dev/zero", "is not a block device", parts: { $0.pathInHost = quote("/dev/zero") }),
    Fault(
      "no device", device: "/dev/nothing", "is not a block device", parts: { $0.pathInHost = quote("/dev/nothing") }),
    Fault("a relative device", device: "\"device\" is relative", parts: { $0.pathInHost = quote("device") }),
    Fault("a device in the container", device: "pathInContainer is \"/\"", parts: { $0.pathInContainer = quote("/") }),
    Fault("a device's digest", device: "digest is", parts: { $0.digest = quote(TestLayout.digest("")) }),
    Fault("a device's negative size", device: "size is -1, which is negative", parts: { $0.size = "-1" }),
    Fault("another folder", "layers[0].pathInHost is \"/etc\"", parts: { $0.layers[0].pathInHost = quote("/etc") }),
  ]

  static let layers: [Fault] = [
    Fault("missing", layer: "two.img", "does not exist", parts: { $0.pathInHost = quote("two.img") }),
    Fault("no path", layer: "pathInHost is missing", parts: { $0.pathInHost = "" }),
    Fault("absolute", layer: "/etc/passwd", "is absolute", parts: { $0.pathInHost = quote("/etc/passwd") }),
    Fault("climbing", layer: "\"../x\"", "leads out", parts: { $0.pathInHost = quote("../x") }),
    Fault("climbing later", layer: "leads out", parts: { $0.pathInHost = quote("tree/../../../etc/passwd") }),
    Fault("zero byte", layer: "no path", parts: { $0.pathInHost = quote("one.img\0") }),
    Fault("a folder for a file", layer: "not a regular file", parts: { $0.pathInHost = quote("tree") }),
    Fault("the folder for a file", layer: "not a regular file", parts: { $0.pathInHost = quote(".") }),
    Fault("below a file", layer: "not a folder", parts: { $0.pathInHost = quote("one.img/x") }),
    Fault(
      "wrong digest", layer: TestLayout.digest("two"), TestLayout.digest("layer one"),
      parts: {
        $0.digest = quote(TestLayout.digest("two"))
      }),
    Fault("no digest", layer: "digest \"sha256:0\"", "64", parts: { $0.digest = quote("sha256:0") }),
    Fault(
      "bare digest", layer: "digest", "is not sha256:",
      parts: {
        $0.digest = quote(String(TestLayout.digest("layer one").dropFirst(7)))
      }),
    Fault("negative size", layer: "size is -5, which is negative", parts: { $0.size = "-5" }),
    Fault("size past 64 bits", "whole number", parts: { $0.layers[1].size = "99999999999999999999" }),
    Fault("media type", layer: "mediaType is \"tar\"", parts: { $0.mediaType = quote("tar") }),
    Fault("no media type", layer: "mediaType is missing", parts: { $0.mediaType = "" }),
    Fault("relative in the container", layer: "pathInContainer \"x\"", parts: { $0.pathInContainer = quote("x") }),
    Fault("nowhere in the container", layer: "pathInContainer is missing", parts: { $0.pathInContainer = "" }),
    Fault(
      "a folder's digest", "layers[2].digest", "a folder must have none",
      parts: {
        $0.layers[2].digest = quote(TestLayout.digest(""))
      }),
    Fault(
      "a file for a folder", "layers[2]", "one.img", "not a folder",
      parts: {
        $0.layers[2].pathInHost = quote("one.img")
      }),
    Fault("a link out", "layers[1]", "leads out") { manifests in
      try link("/etc/passwd", in: manifests)
    },
    Fault("a link up and out", "layers[1]", "leads out") { manifests in
      try link("../../../../../../../etc/passwd", in: manifests)
    },
    Fault("a link to a device", "layers[1]", "leads out") { manifests in try link("/dev/zero", in: manifests) },
    Fault("a link to nothing", "layers[1]", "does not exist") { manifests in try link("nothing", in: manifests) },
    Fault("a link to itself", "layers[1]", "links without end") { manifests in try link("link", in: manifests) },
    Fault("a FIFO", "layers[1]", "not a regular file") { manifests in
      var parts = TestManifests.Parts()
      parts.layers[1].pathInHost = quote("fifo")
      parts.layers[1].digest = quote(TestLayout.digest(""))
      #expect(mkfifo("\(manifests.path)/fifo", 0o600) == 0)
      try manifests.write(parts)
    },
  ]

  static let signatures: [Fault] = [
    Fault("no signature", "test.sgn", "does not exist") { try $0.write(signature: nil) },
    Fault("another's signature", "test.sgn", TestLayout.digest("x")) { manifests in
      try manifests.write()
      try manifests.folder.write(TestLayout.digest("x"), to: "test.sgn")
    },
    Fault("a new line", "test.sgn", "72 bytes", "71", "without a new line") { manifests in
      let digest = try manifests.write()
      try manifests.folder.write(digest + "\n", to: "test.sgn")
    },
    Fault("a bare signature", "test.sgn", "64 bytes") { manifests in
      let digest = try manifests.write()
      try manifests.folder.write(String(digest.dropFirst(7)), to: "test.sgn")
    },
    Fault("an upper-case signature", "test.sgn", "SHA256") { manifests in
      let digest = try manifests.write()
      try manifests.folder.write(digest.uppercased(), to: "test.sgn")
    },
    Fault("an empty signature", "test.sgn", "0 bytes") { manifests in
      try manifests.write()
      try manifests.folder.write("", to: "test.sgn")
    },
    Fault("a linked signature", "test.sgn", "symbolic link") { manifests in
      try manifests.write(signature: "other")
      try FileManager.default.createSymbolicLink(
        atPath: "\(manifests.path)/test.sgn", withDestinationPath: "other")
    },
  ]

  private static func link(_ target: String, in manifests: TestManifests) throws {
    try FileManager.default.createSymbolicLink(
      atPath: "\(manifests.path)/link", withDestinationPath: target)
    var parts = TestManifests.Parts()
    parts.layers[1].pathInHost = quote("link")
    try manifests.write(parts)
  }

  @Test(arguments: names + times + manifests + lowest + layers + signatures)
  func isSaid(fault: Fault) throws {
    let manifests = try TestManifests()
    try fault.make(manifests)

    var one = try EmbeddedImages(path: "\(manifests.path)/test.manifest")
    let error = #expect(throws: SourceError.self) { try one.read() }
    #expect(error?.code == .broken)
    for reason in fault.reasons { #expect(error?.message.contains(reason) ?? false, "\(error as Any)") }

    // In a folder the good one beside it is listed.
    var good = TestManifests.Parts()
    good.imageName = quote("good:1")
    try manifests.write(good, to: "good.manifest", signature: "good.sgn")
    var folder = try EmbeddedImages(path: manifests.path)
    let inventory = try #require(try folder.read())
    #expect(inventory.images.map(\.repoTags) == [["good:1"]])
    #expect(inventory.leftOut.map(\.image) == ["test.manifest"])
    for reason in fault.reasons {
      #expect(inventory.leftOut.allSatisfy { $0.reason.contains(reason) }, "\(inventory.leftOut)")
    }
  }
}
