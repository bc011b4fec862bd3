import Foundation
import ImageAPI
import ImageSources
import Testing

/// Text from a hostile store, which goes to logs and terminals.
@Suite struct EscapingTests {
  static let hostile = ["\u{1b}[31m", "\n", "\u{202e}", "\u{9b}2J"]

  private func expectHarmless(_ texts: [String], _ text: String) {
    for shown in texts {
      let scalars = shown.unicodeScalars
      #expect(!scalars.contains { text.unicodeScalars.contains($0) && !(0x20..<0x7f ~= $0.value) }, "\(shown)")
    }
  }

  private func expectOne(_ inventory: Inventory, _ text: String) throws {
    let leftOut = try #require(inventory.leftOut.first)
    #expect(inventory.leftOut.count == 1)
    expectHarmless([leftOut.image, leftOut.path, leftOut.reason], text)
  }

  @Test(arguments: hostile)
  func anArchivesConfig(text: String) throws {
    let folder = try TestFolder()
    try folder.write(TestArchive([TestArchive.entry([], config: "a\(text)b")]).bytes, to: "a.tar")
    var source = try DockerArchive(path: "\(folder.path)/a.tar")
    try expectOne(#require(try source.read()), text)
  }

  @Test(arguments: hostile)
  func aNameInALayout(text: String) throws {
    let layout = try TestLayout()
    let missing = TestLayout.Blob(digest: TestLayout.digest("missing"), size: "7")
    _ = try layout.blob("{}")
    try layout.list([missing.descriptor(TestLayout.manifestType, [referenceName: "a\(text)b"])])
    var source = try OCILayout(path: layout.path)
    try expectOne(#require(try source.read()), text)
  }

  @Test(arguments: hostile)
  func aNameInISulad(text: String) throws {
    let graph = try TestGraph()
    var parts = TestGraph.Parts(names: ["a\(text)b"])
    parts.layer = String(TestLayout.digest("missing").dropFirst(7))
    try graph.write(parts)
    var source = try ISuladGraph(path: graph.path)
    try expectOne(#require(try source.read()), text)
  }

  @Test(arguments: hostile)
  func theNamesOfFoldersAndFiles(text: String) throws {
    let folder = try TestFolder()
    let path = "\(folder.path)/a\(text)b"
    let error = try #require(throws: SourceError.self) { try OCILayout(path: path) }
    expectHarmless([error.message], text)
    try folder.write("{}", to: "a\(text)b/c\(text)d.manifest")
    var source = try EmbeddedImages(path: path)
    try expectOne(#require(try source.read()), text)
  }
}
