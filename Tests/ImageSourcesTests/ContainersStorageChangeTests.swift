import Foundation
import ImageAPI
import ImageSources
import ServiceTesting
import Testing

/// Stores that change, some while they are read.
@Suite struct ContainersStorageChangeTests {
  let store: TestStorage

  init() throws {
    store = try TestStorage()
  }

  @Test func imagesComeAndGo() throws {
    var source = try ContainersStorage(path: store.path)
    #expect(try source.read() == Inventory())
    #expect(try source.read() == nil)
    let layer = TestStorage.Layer("top")
    try store.write(layers: [layer])
    #expect(try source.read() == nil)
    var a = TestStorage.Parts(salt: "a", names: ["a:1"])
    a.layer = layer.id
    let b = TestStorage.Parts(salt: "b", names: ["b:1"])
    try store.write([a, b])
    #expect(try Set(source.read()?.images.map(\.repoTags) ?? []) == [["a:1"], ["b:1"]])
    #expect(try source.read() == nil)
    a.names = ["a:1", "a:2"]
    try store.write([a, b])
    #expect(try Set(source.read()?.images.map(\.repoTags) ?? []) == [["a:1", "a:2"], ["b:1"]])
    // Another list of the same images.
    a.more = #","flags":{}"#
    try store.write([b, a])
    #expect(try source.read()?.images.count == nil)
    try store.write(layers: [TestStorage.Layer("top", size: "2000")])
    #expect(try source.read()?.images.map(\.size).max() == a.size + 2000)
    try store.write([b])
    #expect(try source.read()?.images.map(\.repoTags) == [["b:1"]])
    try store.folder.remove(store.images)
    #expect(try source.read() == Inventory())
    let vfs = try TestStorage(driver: "vfs", in: store)
    try vfs.write([a])
    #expect(try source.read()?.leftOut.map(\.image) == ["a:1"])
    try vfs.write(layers: [layer])
    #expect(try source.read()?.images.map(\.repoTags) == [["a:1", "a:2"]])
    try store.folder.remove("vfs-images")
    #expect(try source.read() == Inventory())
  }

  @Test func aStoreThatIsGoneIsAnErrorUntilItIsBack() throws {
    try store.write([TestStorage.Parts(names: ["a:1"])])
    var source = try ContainersStorage(path: store.path)
    #expect(try source.read()?.images.count == 1)
    let aside = try TestFolder()
    let path = "\(store.path)/overlay-images"
    try FileManager.default.moveItem(atPath: path, toPath: "\(aside.path)/images")
    #expect(try #require(throws: SourceError.self) { try source.read() }.code == .wrongKind)
    try FileManager.default.moveItem(atPath: "\(aside.path)/images", toPath: path)
    #expect(try source.read() == nil)
  }

  @Test func whatWasWrongIsListedOnceItIsRight() throws {
    let names = ["manifest", "configuration", "layer"]
    var all = names.map { TestStorage.Parts(salt: $0, names: ["\($0):1"]) }
    all[2].layer = TestStorage.Layer("top").id
    try store.write(all)
    let manifest = try String(contentsOfFile: "\(store.path)/\(store.manifestFile(all[0]))", encoding: .utf8)
    try store.folder.remove(store.manifestFile(all[0]))
    try store.folder.write("{}", to: store.configFile(all[1]))
    var source = try ContainersStorage(path: store.path)
    #expect(try source.read()?.leftOut.map(\.image) == names.map { "\($0):1" })
    #expect(try source.read() == nil)
    try store.folder.write(manifest, to: store.manifestFile(all[0]))
    #expect(try source.read()?.leftOut.count == 2)
    try store.folder.write(all[1].config, to: store.configFile(all[1]))
    #expect(try source.read()?.leftOut.count == 1)
    try store.write(layers: [TestStorage.Layer("top")])
    let inventory = try #require(try source.read())
    #expect(inventory.leftOut == [] && inventory.images.count == 3)
    #expect(try source.read() == nil)
  }

  /// The owner records an image first, then its configuration, then its manifest, then its names.
  @Test func anImageThatIsBeingMadeIsNoFault() throws {
    let parts = TestStorage.Parts()
    try store.folder.replace(store.images, with: #"[{"id":"\#(parts.hex)"}]"#)
    var source = try ContainersStorage(path: store.path)
    #expect(try source.read() == Inventory())
    #expect(try source.read() == nil)
    try store.write([parts])
    #expect(try source.read()?.images.count == 1)
    try store.folder.replace(store.images, with: #"[{"id":"\#(parts.hex)"}]"#)
    #expect(try source.read() == Inventory())
    // It was never finished.
    Thread.sleep(forTimeInterval: 2.1)
    #expect(try source.read()?.leftOut.map(\.reason) == ["its record has no manifest"])
    #expect(try source.read() == nil)
  }

  @Test func oneChangeReadsOneImage() throws {
    let layer = TestStorage.Layer("base")
    try store.write(layers: [layer])
    var all = (0..<200).map { TestStorage.Parts(user: "\($0)", names: ["image-\($0):1"]) }
    for index in all.indices { all[index].layer = layer.id }
    try store.write(all)
    var source = try ContainersStorage(path: store.path)
    #expect(try source.read()?.images.count == 200)
    // From now on no folder is young, and within three readings all were looked at.
    Thread.sleep(forTimeInterval: 2.1)
    for _ in 0..<3 { #expect(try source.read() == nil) }

    // The big data of all is spoilt: who reads it again leaves the images out.
    for parts in all {
      #expect(truncate("\(store.path)/\(store.configFile(parts))", 0) == 0)
      #expect(truncate("\(store.path)/\(store.manifestFile(parts))", 0) == 0)
    }
    all[0].names = ["changed:1"]
    let added = TestStorage.Parts(user: "added", names: ["added:1"])
    try store.writeBigData(added)
    try store.folder.replace(store.images, with: TestStorage.list(Array(all.dropLast()) + [added]))
    let inventory = try #require(try source.read())
    #expect(inventory.images.count == 200 && inventory.leftOut == [])
    #expect(inventory.images.contains { $0.repoTags == ["changed:1"] && $0.user == .uid(0) })
    #expect(inventory.images.contains { $0.repoTags == ["added:1"] && $0.user == .name("added") })
    var other = try ContainersStorage(path: store.path)
    #expect(try other.read()?.images.map(\.repoTags) == [["added:1"]])
  }

  /// A careful owner replaces its lists, a careless one writes them in place: a reader sees a state that was, or an error.
  @Test func tenThousandReadingsAreEachOfOneStore() throws {
    let base = TestStorage.Layer("base", size: "1000000")
    let constant = (0..<4).map { TestStorage.Parts(salt: "constant \($0)") }
    for parts in constant { try store.writeBigData(parts) }
    try Self.writeState(0, of: store, constant, base)
    let owner = Meanwhile { [store] number in
      try? Self.writeState(number, of: store, constant, base)
      usleep(100)
    }

    var source = try ContainersStorage(path: store.path)
    var seen: Set<Int> = []
    var errors = 0
    for _ in 0..<10_000 {
      let inventory: Inventory
      do throws(SourceError) {
        guard let new = try source.read() else { continue }
        inventory = new
      } catch {
        errors += 1
        #expect(error.code == .broken, "\(error)")
        continue
      }
      #expect(inventory.leftOut == [])
      let tags = Set(inventory.images.flatMap(\.repoTags))
      let number = try #require(tags.first?.split(separator: ":").last.flatMap { Int($0) })
      #expect(tags == Set((0..<4).map { "constant-\($0):\(number)" } + ["transient:\(number)"]))
      let transient = try #require(inventory.images.first { $0.repoTags == ["transient:\(number)"] })
      #expect(transient.user == .uid(Int64(number)))
      #expect(transient.size == Self.transient(number, base).parts.size + 1_000_000 + UInt64(number))
      seen.insert(number)
    }
    withExtendedLifetime(owner) {}
    #expect(seen.count > 20, "\(errors) errors")
  }

  /// The image that only the state `number` has, on a layer of which only that state knows the size.
  private static func transient(
    _ number: Int, _ base: TestStorage.Layer
  ) -> (parts: TestStorage.Parts, layer: TestStorage.Layer) {
    let layer = TestStorage.Layer("\(number)", parent: base.id, size: "\(number)")
    var parts = TestStorage.Parts(user: "\(number)", names: ["transient:\(number)"])
    parts.layer = layer.id
    return (parts, layer)
  }

  /// Goes from the state before `number` to that: layers first, then big data, then the list; what is old goes last.
  private static func writeState(
    _ number: Int, of store: TestStorage, _ constant: [TestStorage.Parts], _ base: TestStorage.Layer
  ) throws {
    func write(_ text: String, to file: String) throws {
      if number % 3 == 0 {
        try store.folder.replace(file, with: text)
      } else {
        store.folder.writeInTwo(text, to: file)
      }
    }
    let old = transient(number - 1, base)
    let new = transient(number, base)
    try write(TestStorage.list([base, old.layer, new.layer]), to: store.layers)
    try store.writeBigData(new.parts)
    let named = constant.enumerated().map { place, parts in
      var parts = parts
      parts.names = ["constant-\(place):\(number)"]
      return parts
    }
    try write(TestStorage.list(named + [new.parts]), to: store.images)
    try? store.folder.remove(store.imageFolder(old.parts))
    try write(TestStorage.list([new.layer, base]), to: store.layers)
  }
}
