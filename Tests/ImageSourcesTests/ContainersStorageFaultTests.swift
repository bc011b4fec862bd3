import Foundation
import ImageAPI
import ImageSources
import ServiceTesting
import Testing

/// Stores that are wrong or hostile.
@Suite struct ContainersStorageFaultTests {
  /// Something wrong with one image, beside a good one.
  struct Fault: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// What the reason says.
    let reason: String
    /// The file at fault, in the store.
    let file: String?
    /// Spoils the image before it is written.
    let spoil: @Sendable (inout TestStorage.Parts) -> Void
    /// Spoils the store once the image is written.
    let spoilStore: @Sendable (TestStorage, TestStorage.Parts) throws -> Void

    /// A fault of the image itself.
    init(
      _ name: String, _ reason: String, in file: String? = nil,
      _ spoil: @escaping @Sendable (inout TestStorage.Parts) -> Void
    ) {
      self.init(name, reason, in: file, parts: spoil) { _, _ in }
    }

    /// A fault of what lies around the image.
    static func ofStore(
      _ name: String, _ reason: String, _ spoil: @escaping @Sendable (TestStorage, TestStorage.Parts) throws -> Void
    ) -> Fault {
      Fault(name, reason, in: nil, parts: { _ in }, store: spoil)
    }

    init(
      _ name: String, _ reason: String, in file: String?,
      parts: @escaping @Sendable (inout TestStorage.Parts) -> Void,
      store: @escaping @Sendable (TestStorage, TestStorage.Parts) throws -> Void
    ) {
      testDescription = name
      self.reason = reason
      self.file = file
      spoil = parts
      spoilStore = store
    }
  }

  static let hex = String(TestLayout.digest("something").dropFirst(7))
  static let images = "overlay-images/images.json"
  static let layers = "overlay-layers/layers.json"

  static let records: [Fault] = [
    Fault("null", "not an object", in: images) { $0.text = "null" },
    Fault("a number", "not an object", in: images) { $0.text = "1" },
    Fault("no id", "no id", in: images) { $0.text = "{}" },
    Fault("id with a prefix", "not 64", in: images) { $0.text = #"{"id":"\#($0.configDigest)"}"# },
    Fault("id climbing out", "not 64", in: images) { $0.text = #"{"id":"../../../../etc"}"# },
    Fault("id twice", "twice", in: images) { $0.more = #","id":"\#($0.hex)""# },
    Fault("names no array", "not an array", in: images) { $0.text = #"{"id":"\#(hex)","names":"a"}"# },
    Fault("empty name", "empty", in: images) { $0.names = [""] },
    Fault("new line in a name", "control character", in: images) { $0.names = ["a\nb"] },
    Fault("endless name", "2000 bytes", in: images) { $0.names = [String(repeating: "a", count: 2000)] },
    Fault("half a surrogate pair", "surrogate", in: images) { $0.text = #"{"id":"\#(hex)","names":["\ud800"]}"# },
    Fault("layer climbing out", "not 64", in: images) { $0.layer = "../../x" },
    Fault("mapped layer climbing out", "not 64", in: images) { $0.more = #","mapped-layers":["../x"]"# },
    Fault("negative big data", "negative", in: images) { $0.bigData = ["signature": -1] },
    Fault("endless big data", "more than 64 bits", in: images) { $0.bigData = ["a": Int.max, "b": Int.max, "c": 9] },
    Fault("bad digest", "is not a digest", in: images) {
      $0.text = #"{"id":"\#(hex)","big-data-digests":{"manifest":"sha256:00"}}"#
    },
    Fault("a name that is not UTF-8", "not UTF-8", in: images, parts: { _ in }) { store, _ in
      let path = "\(store.path)/\(images)"
      var data = try Data(contentsOf: URL(filePath: path))
      let name = try #require(data.range(of: Data("bad:1".utf8)))
      data[name.lowerBound] = 0xff
      try data.write(to: URL(filePath: path))
    },
  ]

  static let files: [Fault] = [
    .ofStore("no folder", "does not exist") { store, parts in try store.folder.remove(store.imageFolder(parts)) },
    .ofStore("a linked folder", "symbolic link") { store, parts in
      let folder = "\(store.path)/\(store.imageFolder(parts))"
      try FileManager.default.moveItem(atPath: folder, toPath: "\(store.path)/elsewhere")
      try FileManager.default.createSymbolicLink(atPath: folder, withDestinationPath: "\(store.path)/elsewhere")
    },
    .ofStore("no manifest", "does not exist") { store, parts in try store.folder.remove(store.manifestFile(parts)) },
    .ofStore("another manifest", "not what its digest says") { store, parts in
      try store.folder.write("{}", to: store.manifestFile(parts))
    },
    Fault("a manifest that is none", "no schemaVersion") {
      $0.manifestMembers = #""x":{"#
      $0.annotations = "{}}"
    },
    .ofStore("a manifest that is a FIFO", "not a regular file") { store, parts in
      try store.folder.remove(store.manifestFile(parts))
      #expect(mkfifo("\(store.path)/\(store.manifestFile(parts))", 0o600) == 0)
    },
    .ofStore("no configuration", "does not exist") { store, parts in try store.folder.remove(store.configFile(parts)) },
    .ofStore("half a configuration", "not what its digest says") { store, parts in
      try store.folder.write(String(parts.config.dropLast(9)), to: store.configFile(parts))
    },
    .ofStore("a huge configuration", "more than the limit") { store, parts in
      #expect(truncate("\(store.path)/\(store.configFile(parts))", 200 << 20) == 0)
    },
    .ofStore("a configuration of zeros without end", "symbolic link") { store, parts in
      try store.folder.remove(store.configFile(parts))
      try FileManager.default.createSymbolicLink(
        atPath: "\(store.path)/\(store.configFile(parts))", withDestinationPath: "/dev/zero")
    },
    Fault("a configuration that is none", "not a string") { $0.config = #"{"config":{"User":1}}"# },
  ]

  /// A fault of `layers.json`, on whose layer `top` the image is.
  static func ofLayers(_ name: String, _ reason: String, _ list: [TestStorage.Layer]) -> Fault {
    Fault(name, reason, in: layers, parts: { $0.layer = TestStorage.Layer("top").id }) { store, _ in
      try store.write(layers: list)
    }
  }

  static let top = TestStorage.Layer("top").id
  static let low = TestStorage.Layer("low").id

  static let chains: [Fault] = [
    ofLayers("no layer", "the layer \(top) is not in it", []),
    ofLayers("no parent", "the layer \(low) is not in it", [.init("top", parent: low)]),
    ofLayers("its own parent", "is its own ancestor", [.init("top", parent: top)]),
    ofLayers("a circle", "is its own ancestor", [.init("top", parent: low), .init("low", parent: top)]),
    ofLayers("parent climbing out", "number 0, which cannot be read", [.init("top", parent: "../../x")]),
    ofLayers("negative layer", "negative", [.init("top", size: "-2")]),
    ofLayers(
      "more than 64 bits", "more than 64 bits",
      [
        .init("top", parent: low, size: "\(Int.max)"),
        .init("low", parent: TestStorage.Layer("0").id, size: "\(Int.max)"),
        .init("0", size: "\(Int.max)"),
      ]),
    ofLayers(
      "endless", "more than 1024 layers",
      [.init("top", parent: TestStorage.Layer("0").id)]
        + (0..<1100).map { .init("\($0)", parent: TestStorage.Layer("\($0 + 1)").id) }),
    Fault("no list of layers", "it does not exist, and so neither", in: layers) { $0.layer = top },
    Fault("no folder of layers", "it does not exist, and so neither", in: layers, parts: { $0.layer = top }) {
      store, _ in
      try store.folder.remove("overlay-layers")
    },
  ]

  @Test(arguments: records + files + chains)
  func leavesOutTheOneAndListsTheOther(fault: Fault) throws {
    let store = try TestStorage()
    var parts = TestStorage.Parts(salt: "bad", names: ["bad:1"])
    fault.spoil(&parts)
    try store.write([parts, TestStorage.Parts(names: ["good:1"])])
    try fault.spoilStore(store, parts)
    var source = try ContainersStorage(path: store.path)
    let inventory = try #require(try source.read())
    #expect(inventory.images.map(\.repoTags) == [["good:1"]])
    #expect(inventory.leftOut.count == 1)
    let leftOut = try #require(inventory.leftOut.first)
    #expect(leftOut.reason.contains(fault.reason), "\(leftOut)")
    #expect(leftOut.image == (fault.file == Self.images ? "images[0]" : "bad:1"))
    #expect(leftOut.path.hasPrefix("\(store.path)/\(fault.file ?? "overlay-images/\(parts.hex)")"), "\(leftOut)")
    #expect(try source.read() == nil)
  }

  /// Something wrong with a list, without which nothing is known.
  @Test(
    arguments: ["overlay-images/images.json", "overlay-layers/layers.json", "overlay-layers/volatile-layers.json"],
    [
      ("", "not JSON"), ("[{", "not JSON"), ("{}", "not an array"), ("[] []", "more after the end"),
      ("[\u{1}]", "not JSON"), ("200 MB", "more than the limit"), ("a link", "symbolic link"),
      ("a FIFO", "not a regular file"),
    ])
  func aListThatCannotBeReadIsAnError(file: String, fault: (list: String, reason: String)) throws {
    let store = try TestStorage()
    try store.write(layers: [])
    try store.write([TestStorage.Parts(names: ["a:1"])])
    var source = try ContainersStorage(path: store.path)
    #expect(try source.read()?.images.count == 1)
    let path = "\(store.path)/\(file)"
    let before = try? String(contentsOfFile: path, encoding: .utf8)
    try? store.folder.remove(file)
    switch fault.list {
    case "200 MB":
      try store.folder.write("", to: file)
      #expect(truncate(path, 200 << 20) == 0)
    case "a link": try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/dev/zero")
    case "a FIFO": #expect(mkfifo(path, 0o600) == 0)
    default: try store.folder.write(fault.list, to: file)
    }
    // An error as long as it lasts, to a source that has read the store before and to one that has not.
    var other = try ContainersStorage(path: store.path)
    for _ in 0..<2 {
      for error in [
        #expect(throws: SourceError.self) { try source.read() }, #expect(throws: SourceError.self) { try other.read() },
      ] {
        let message = try #require(error).message
        #expect(message.contains(fault.reason) && message.contains(path), "\(message)")
      }
    }
    try store.folder.remove(file)
    if let before { try store.folder.write(before, to: file) }
    #expect(try source.read() == nil)
    #expect(try other.read()?.images.count == 1)
  }

  @Test func theFoldersMustBeFolders() throws {
    let store = try TestStorage()
    try store.write([TestStorage.Parts(names: ["a:1"])])
    var source = try ContainersStorage(path: store.path)
    #expect(try source.read()?.images.count == 1)
    try store.folder.remove("overlay-layers")
    try store.folder.write("", to: "overlay-layers")
    #expect(try #require(throws: SourceError.self) { try source.read() }.message.contains("is not a folder"))
    try store.folder.remove("overlay-images")
    #expect(try #require(throws: SourceError.self) { try source.read() }.code == .wrongKind)
  }
}
