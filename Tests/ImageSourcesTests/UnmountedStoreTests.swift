import Foundation
import GRDB
import ImageSources
import Testing

/// Stores whose disk is not mounted: what is there looks empty, and is no store without images.
@Suite struct UnmountedStoreTests {
  /// Takes the folders away, and puts them back after `body`.
  private func without(_ names: [String], in path: String, _ body: () throws -> Void) throws {
    let aside = try TestFolder()
    for (number, name) in names.enumerated() {
      try FileManager.default.moveItem(atPath: "\(path)/\(name)", toPath: "\(aside.path)/\(number)")
    }
    try body()
    for (number, name) in names.enumerated() {
      try FileManager.default.moveItem(atPath: "\(aside.path)/\(number)", toPath: "\(path)/\(name)")
    }
  }

  @Test(arguments: [["storage/overlay-images", "storage/overlay-layers"], ["storage"]], [true, false])
  func iSuladsStorage(folders: [String], hasDatabase: Bool) throws {
    let graph = try TestGraph()
    try graph.write(TestGraph.Parts(names: ["a:1"]))
    if hasDatabase { try TestDatabase.write(graph) { try $0.execute(sql: TestDatabase.schema) } }
    var read = try ISuladGraph(path: graph.path)
    #expect(try read.read()?.images.count == 1)
    try without(folders, in: graph.path) {
      for _ in 0..<2 { #expect(throws: SourceError.self) { try read.read() } }
      guard folders != ["storage"] else { return }
      // It has never been read either.
      var unread = try ISuladGraph(path: graph.path)
      let error = try #require(throws: SourceError.self) { try unread.read() }
      #expect(error.code == .missing && error.message.contains("mount the disk"), "\(error)")
    }
    #expect(try read.read()?.images.count ?? 1 == 1)
    var again = try ISuladGraph(path: graph.path)
    #expect(try again.read()?.images.count == 1)
  }

  @Test func aDriverOfPodmans() throws {
    let store = try TestStorage()
    try store.write([TestStorage.Parts(names: ["a:1"])])
    let vfs = try TestStorage(driver: "vfs", in: store)
    try vfs.write([TestStorage.Parts(salt: "b", names: ["b:1"])])
    var source = try ContainersStorage(path: store.path)
    #expect(try source.read()?.images.count == 2)
    let files = try FileManager.default.contentsOfDirectory(atPath: "\(store.path)/overlay-images")
    try without(files.map { "overlay-images/\($0)" }, in: store.path) {
      for _ in 0..<2 {
        let error = try #require(throws: SourceError.self) { try source.read() }
        #expect(error.code == .missing && error.message.contains("overlay-images"), "\(error)")
      }
    }
    #expect(try source.read() == nil)
  }

  /// A folder on a disk of its own, which only root can mount.
  @Test(.enabled(if: geteuid() == 0 && access("/bin/mount", X_OK) == 0), arguments: ["embedded", "isulad"])
  func aFolderThatBecomesEmptyOnAnotherDisk(kind: String) throws {
    let folder = try TestFolder()
    let mounted = kind == "embedded" ? "images" : "storage/overlay-images"
    try folder.write("", to: "\(mounted)/.keep")
    let path = "\(folder.path)/\(mounted)"
    guard try mount(["-t", "tmpfs", "waybill-test", path]) else { return }
    defer { _ = try? mount(["-l", path], by: "umount") }
    var source: any ImageSource
    if kind == "embedded" {
      let manifest = TestManifests.Parts(layers: [.root])
      try folder.write(manifest.json, to: "\(mounted)/a.manifest")
      try folder.write(TestLayout.digest(manifest.json), to: "\(mounted)/a.sgn")
      source = try EmbeddedImages(path: path)
    } else {
      let parts = TestGraph.Parts(names: ["a:1"])
      let config = Data("sha256:\(parts.hex)".utf8).base64EncodedString()
      try folder.write(parts.config, to: "\(mounted)/\(parts.hex)/=\(config)")
      try folder.write(parts.json, to: "\(mounted)/\(parts.hex)/images.json")
      source = try ISuladGraph(path: folder.path)
    }
    #expect(try source.read()?.images.count == 1)
    #expect(try mount([path], by: "umount"))
    for _ in 0..<2 {
      let error = try #require(throws: SourceError.self) { try source.read() }
      #expect(error.message.contains("on another disk"), "\(error)")
    }
  }

  /// Whether that could be done: not in every container.
  private func mount(_ arguments: [String], by program: String = "mount") throws -> Bool {
    let process = Process()
    process.executableURL = URL(filePath: "/bin/\(program)")
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus == 0
  }
}
