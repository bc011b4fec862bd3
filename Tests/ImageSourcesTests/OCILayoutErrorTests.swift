import Foundation
import ImageAPI
import ImageSources
import Testing

/// What a person may have got wrong, and what a program may be writing.
@Suite struct OCILayoutErrorTests {
  struct Mistake: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let code: SourceError.Code
    /// What the message says.
    let parts: [String]
    /// Makes the mistake in a folder and gives the path to open.
    let make: @Sendable (TestFolder) throws -> String

    init(
      _ name: String, _ code: SourceError.Code, _ parts: [String],
      _ make: @escaping @Sendable (TestFolder) throws -> String
    ) {
      testDescription = name
      self.code = code
      self.parts = parts
      self.make = make
    }
  }

  static let mistakes = [
    Mistake("no such folder", .missing, ["/missing does not exist", "folder"]) { "\($0.path)/missing" },
    Mistake("a tag after the path", .missing, [":latest does not exist", "without a tag"]) { "\($0.path):latest" },
    Mistake("a file", .wrongKind, ["/file is not a folder"]) {
      try $0.write("", to: "file")
      return "\($0.path)/file"
    },
    Mistake("a folder that is no layout", .missing, ["/oci-layout does not exist", "only with this file"]) { $0.path },
    Mistake("oci-layout a folder", .wrongKind, ["/oci-layout is not a regular file"]) {
      try $0.write("", to: "oci-layout/file")
      return $0.path
    },
    Mistake("oci-layout a FIFO", .wrongKind, ["/oci-layout is not a regular file"]) {
      #expect(mkfifo("\($0.path)/oci-layout", 0o600) == 0)
      return $0.path
    },
    Mistake("oci-layout empty", .broken, ["/oci-layout", "not JSON"]) {
      try $0.write("", to: "oci-layout")
      return $0.path
    },
    Mistake("no version", .broken, ["/oci-layout", "imageLayoutVersion"]) {
      try $0.write("{}", to: "oci-layout")
      return $0.path
    },
    Mistake("another version", .unsupportedVersion, ["\"2.0.0\"", "1.0.0"]) {
      try $0.write(#"{"imageLayoutVersion":"2.0.0"}"#, to: "oci-layout")
      return $0.path
    },
  ]

  @Test(arguments: mistakes)
  func openingSaysWhatIsWrong(mistake: Mistake) throws {
    let folder = try TestFolder()
    let path = try mistake.make(folder)
    let error = try #require(throws: SourceError.self) { try OCILayout(path: path) }
    #expect(error.code == mistake.code)
    for part in mistake.parts { #expect(error.message.contains(part), "\(error)") }
  }

  @Test(.enabled(if: geteuid() != 0, "root may read everything"))
  func openingSaysThatItMayNot() throws {
    let layout = try TestLayout()
    chmod(layout.path, 0)
    defer { chmod(layout.path, 0o700) }
    let error = try #require(throws: SourceError.self) { try OCILayout(path: layout.path) }
    #expect(error.code == .denied)
  }

  @Test func aLinkToALayoutIsALayout() throws {
    let layout = try TestLayout()
    try layout.list([layout.image("a:1")])
    let folder = try TestFolder()
    let link = "\(folder.path)/link"
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: layout.path)
    var source = try OCILayout(path: link)
    #expect(try source.read()?.images.count == 1)
  }

  /// `index.json` as it may be found while something writes it, or afterwards.
  @Test(arguments: [
    ("", "not JSON"), ("{", "not JSON"), ("[]", "not an object"), ("null", "not an object"), ("{}", "no schemaVersion"),
    (#"{"schemaVersion":2,"manifests":["#, "not JSON"), (#"{"schemaVersion":2,"manifests":[{}"#, "not JSON"),
    (#"{"schemaVersion":2,"manifests":[]}}"#, "more after the end"),
    (#"{"schemaVersion":2,"manifests":[],}"#, "not JSON"),
    (#"{"schemaVersion":"2","manifests":[]}"#, "not a number"), (#"{"schemaVersion":1,"manifests":[]}"#, "is 1"),
    (#"{"schemaVersion":2,"manifests":{}}"#, "not an array"),
    (#"{"schemaVersion":2,"manifests":[],"manifests":[]}"#, "twice"),
    (#"{"schemaVersion":2,"manifests":[],"layers":[]}"#, "as an index and as a manifest"),
    (#"{"schemaVersion":2,"mediaType":"text/plain","manifests":[]}"#, "media type"),
    ("{\"schemaVersion\":2,\"manifests\":[],\"a\":\"\u{1}\"}", "control character"),
  ])
  func aWrongIndexIsAnErrorUntilItIsRight(text: String, part: String) throws {
    let layout = try TestLayout()
    try layout.folder.write(text, to: "index.json")
    var source = try OCILayout(path: layout.path)
    for _ in 0..<2 {
      let error = try #require(throws: SourceError.self) { try source.read() }
      #expect(error.code == .broken)
      #expect(error.message.contains(part) && error.message.contains("\(layout.path)/index.json"), "\(error)")
    }
    try layout.list([layout.image("a:1")])
    #expect(try source.read()?.images.map(\.repoTags) == [["a:1"]])
  }

  @Test func anIndexThatIsNoPlainFileIsAnError() throws {
    let layout = try TestLayout()
    var source = try OCILayout(path: layout.path)
    let path = "\(layout.path)/index.json"
    func code() throws -> SourceError.Code {
      defer { try? layout.folder.remove("index.json") }
      return try #require(throws: SourceError.self) { try source.read() }.code
    }
    #expect(try #require(throws: SourceError.self) { try source.read() }.code == .missing)
    #expect(mkfifo(path, 0o600) == 0)
    #expect(try code() == .wrongKind)
    try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/dev/zero")
    #expect(try code() == .wrongKind)
    try layout.folder.write("", to: "index.json")
    #expect(truncate(path, 1 << 30) == 0)
    #expect(try code() == .broken)
    try layout.list([layout.image("a:1")])
    #expect(try source.read()?.images.count == 1)
  }
}
