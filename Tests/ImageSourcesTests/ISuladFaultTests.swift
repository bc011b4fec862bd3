import Foundation
import ImageAPI
import ImageSources
import ServiceTesting
import Testing

/// Graphs that are wrong or hostile: what is wrong is left out, the good image beside it is listed.
@Suite struct ISuladFaultTests {
  /// Something wrong with one image.
  struct Fault: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// What the reason says.
    let reason: String
    /// Makes the image.
    let make: @Sendable (TestGraph) throws -> Void

    init(_ name: String, _ reason: String, _ make: @escaping @Sendable (TestGraph) throws -> Void) {
      testDescription = name
      self.reason = reason
      self.make = make
    }

    /// A fault of `images.json` in an image that is otherwise right.
    static func ofRecord(
      _ name: String, _ reason: String, _ spoil: @escaping @Sendable (inout TestGraph.Parts) throws -> Void
    ) -> Fault {
      Fault(name, reason) { graph in
        var parts = TestGraph.Parts(salt: "bad", names: ["bad:1"])
        try spoil(&parts)
        try graph.write(parts)
      }
    }

    /// A fault of a file in an image that is otherwise right.
    static func ofFile(
      _ name: String, _ reason: String, _ spoil: @escaping @Sendable (TestGraph, TestGraph.Parts) throws -> Void
    ) -> Fault {
      Fault(name, reason) { graph in
        let parts = TestGraph.Parts(salt: "bad", names: ["bad:1"])
        try graph.write(parts)
        try spoil(graph, parts)
      }
    }

    /// An image on the layer that `make` gives the id of.
    static func ofLayers(
      _ name: String, _ reason: String, size: String? = nil, _ make: @escaping @Sendable (TestGraph) throws -> String
    ) -> Fault {
      Fault(name, reason) { graph in
        var parts = TestGraph.Parts(salt: "bad", names: ["bad:1"])
        parts.layer = try make(graph)
        parts.size = size
        try graph.write(parts)
      }
    }
  }

  static let hex = String(TestLayout.digest("something").dropFirst(7))

  static let records: [Fault] = [
    .ofRecord("empty", "not JSON") { $0.text = "" },
    .ofRecord("half-written", "not JSON") { $0.text = String($0.json.dropLast(20)) },
    .ofRecord("a list", "containers/storage") { $0.text = "[\($0.json)]" },
    .ofRecord("no id", "no id") { $0.text = "{}" },
    .ofRecord("another's id", "not the name of its folder") { $0.text = #"{"id":"\#(hex)"}"# },
    .ofRecord("id with a prefix", "not 64") { $0.text = #"{"id":"sha256:\#($0.hex)"}"# },
    .ofRecord("id climbing out", "not 64") { $0.text = #"{"id":"../../../../etc"}"# },
    .ofRecord("id twice", "twice") { $0.more = #","id":"\#($0.hex)""# },
    .ofRecord("names no array", "not an array") { $0.text = #"{"id":"\#($0.hex)","names":"a"}"# },
    .ofRecord("empty name", "empty") { $0.names = [""] },
    .ofRecord("new line in a name", "control character") { $0.names = ["a\nb"] },
    .ofRecord("endless name", "2000 bytes") { $0.names = [String(repeating: "a", count: 2000)] },
    .ofRecord("layer climbing out", "not 64") { $0.layer = "../../x" },
    .ofRecord("negative size", "negative") { $0.size = "-1" },
    .ofRecord("size a string", "not a number") { $0.size = #""1""# },
    .ofRecord("negative big data", "negative") { $0.bigData["manifest"] = -1 },
    .ofRecord("bad digest", "is not a digest") { $0.digest = "sha256:00" },
  ]

  static let files: [Fault] = [
    .ofFile("a name that is not UTF-8", "not UTF-8") { graph, parts in
      let bytes = Array(parts.json.utf8).map { $0 == UInt8(ascii: "b") ? 0xff : $0 }
      try graph.folder.write(Data(bytes), to: graph.file(parts.hex))
    },
    .ofFile("200 MB", "more than the limit") { graph, parts in
      #expect(truncate("\(graph.path)/\(graph.file(parts.hex))", 200 << 20) == 0)
    },
    .ofFile("a FIFO", "not a regular file") { graph, parts in
      try graph.folder.remove(graph.file(parts.hex))
      #expect(mkfifo("\(graph.path)/\(graph.file(parts.hex))", 0o600) == 0)
    },
    .ofFile("a link", "symbolic link") { graph, parts in
      try graph.folder.remove(graph.file(parts.hex))
      try FileManager.default.createSymbolicLink(
        atPath: "\(graph.path)/\(graph.file(parts.hex))", withDestinationPath: "/dev/zero")
    },
    .ofFile("a linked folder", "symbolic link") { graph, parts in
      let folder = "\(graph.path)/\(graph.imageFolder(parts.hex))"
      try FileManager.default.moveItem(atPath: folder, toPath: "\(graph.path)/elsewhere")
      try FileManager.default.createSymbolicLink(atPath: folder, withDestinationPath: "\(graph.path)/elsewhere")
    },
    .ofFile("another configuration", "not what the image's id says") { graph, parts in
      try graph.folder.write("{}", to: graph.configFile(parts.hex))
    },
    .ofFile("a configuration of zeros without end", "symbolic link") { graph, parts in
      try graph.folder.remove(graph.configFile(parts.hex))
      try FileManager.default.createSymbolicLink(
        atPath: "\(graph.path)/\(graph.configFile(parts.hex))", withDestinationPath: "/dev/zero")
    },
    .ofRecord("a configuration that is none", "not a string") { $0.config = #"{"config":{"User":1}}"# },
  ]

  static let layers: [Fault] = [
    .ofLayers("no layer", "its layer does not exist") { _ in hex },
    .ofLayers("no layer under a size", "its layer does not exist", size: "5") { _ in hex },
    .ofLayers("no parent", "its layer does not exist") { try $0.layer("top", parent: hex) },
    .ofLayers("its own parent", "is its own ancestor") { try $0.layer("top", parent: hex, id: hex) },
    .ofLayers("a circle", "is its own ancestor") { graph in
      try graph.layer("low", parent: graph.layer("top", parent: String(TestLayout.digest("layer low").dropFirst(7))))
    },
    .ofLayers("parent climbing out", "not 64") { try $0.layer("top", parent: "../../../x") },
    .ofLayers("negative layer", "negative") { try $0.layer("top", size: "-2") },
    .ofLayers("layer of another id", "not the name of its folder") { graph in
      try graph.folder.write(#"{"id":"\#(graph.layer("top"))"}"#, to: graph.layerFile(hex))
      return hex
    },
    .ofLayers("layer half-written", "not JSON") { graph in
      try graph.folder.write("{", to: graph.layerFile(hex))
      return hex
    },
    .ofLayers("more than 64 bits", "more than 64 bits") { graph in
      let most = "9223372036854775807"
      let lower = try graph.layer("1", parent: graph.layer("0", size: most), size: most)
      return try graph.layer("2", parent: lower, size: most)
    },
  ]

  @Test(arguments: records + files + layers)
  func leavesOutTheOneAndListsTheOther(fault: Fault) throws {
    let graph = try TestGraph()
    try fault.make(graph)
    try graph.write(TestGraph.Parts(names: ["good:1"]))
    var source = try ISuladGraph(path: graph.path)
    let inventory = try #require(try source.read())
    #expect(inventory.images.map(\.repoTags) == [["good:1"]])
    #expect(inventory.leftOut.count == 1)
    let leftOut = try #require(inventory.leftOut.first)
    #expect(leftOut.reason.contains(fault.reason), "\(leftOut)")
    #expect(leftOut.path.hasPrefix(graph.path))
  }

  @Test func aChainWithoutEndIsCutOff() throws {
    let graph = try TestGraph()
    var top = try graph.layer("0")
    for number in 1..<1100 { top = try graph.layer("\(number)", parent: top) }
    var parts = TestGraph.Parts(names: ["deep:1"])
    parts.layer = top
    try graph.write(parts)
    var source = try ISuladGraph(path: graph.path)
    let inventory = try #require(try source.read())
    #expect(inventory.leftOut.map(\.reason) == ["it has more than 1024 layers"])
  }

  @Test func whatWasWrongIsListedOnceItIsRight() throws {
    let graph = try TestGraph()
    var first = TestGraph.Parts(salt: "1", names: ["a:1"])
    let layer = try graph.layer("top")
    first.layer = layer
    try graph.write(first)
    let second = TestGraph.Parts(salt: "2", names: ["b:1"])
    let third = TestGraph.Parts(salt: "3", names: ["c:1"])
    for parts in [second, third] { try graph.write(parts) }
    let files = [graph.layerFile(layer), graph.configFile(second.hex), graph.file(third.hex)]
    let texts = try files.map { try String(contentsOfFile: "\(graph.path)/\($0)", encoding: .utf8) }
    for file in files { try graph.folder.remove(file) }
    // An image without all its files is one that is being made or removed, for as long as its folder is young.
    var source = try ISuladGraph(path: graph.path)
    #expect(try source.read()?.leftOut.map(\.image) == ["a:1"])
    Thread.sleep(forTimeInterval: 2.1)
    let inventory = try #require(try source.read())
    #expect(Set(inventory.leftOut.map(\.image)) == ["a:1", "sha256:\(second.hex)", "sha256:\(third.hex)"])
    #expect(inventory.leftOut.allSatisfy { $0.reason.hasSuffix("does not exist") })
    #expect(try source.read() == nil)

    for (number, file) in files.enumerated() {
      try graph.folder.write(texts[number], to: file)
      #expect(try source.read()?.images.count == number + 1)
    }
    #expect(try source.read() == nil)
  }
}
