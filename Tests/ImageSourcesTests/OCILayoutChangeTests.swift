import Foundation
import ImageAPI
import ImageSources
import Testing

@Suite struct OCILayoutChangeTests {
  let layout: TestLayout

  init() throws {
    layout = try TestLayout()
  }

  @Test func nothingNewIsNil() throws {
    try layout.list([layout.image("a:1")])
    var source = try OCILayout(path: layout.path)
    #expect(try source.read() != nil)
    for _ in 0..<3 { #expect(try source.read() == nil) }
    // The same contents written anew are nothing new either.
    try layout.list([layout.image("a:1")])
    #expect(try source.read() == nil)
  }

  @Test func aChangeIsSeenAtOnce() throws {
    var source = try OCILayout(path: layout.path)
    var images: [String] = []
    for number in 0..<20 {
      images.append(try layout.image("a:\(number)", salt: "\(number)"))
      try layout.list(images)
      #expect(try source.read()?.images.count == number + 1)
    }
    try layout.list([])
    #expect(try source.read()?.images == [])
  }

  /// Both contents are of one size, and the writes come faster than a file system's clock ticks.
  @Test func twoWritesWithinATickAreTwo() throws {
    let pages = try ["a:1", "b:1"].map { TestLayout.index([try layout.image($0)]) }
    try layout.folder.write(pages[0], to: "index.json")
    var source = try OCILayout(path: layout.path)
    #expect(try source.read() != nil)
    for round in 1...500 {
      try layout.folder.write(pages[round % 2], to: "index.json")
      #expect(try source.read()?.images.map(\.repoTags) == [[round % 2 == 0 ? "a:1" : "b:1"]])
    }
  }

  @Test func aWriteWithAnOldDateIsSeenAfterTheIndexHasSettled() throws {
    let pages = try ["a:1", "b:1"].map { TestLayout.index([try layout.image($0)]) }
    try layout.folder.write(pages[0], to: "index.json")
    var source = try OCILayout(path: layout.path)
    #expect(try source.read() != nil)
    Thread.sleep(forTimeInterval: 2.1)
    #expect(try source.read() == nil)
    let path = "\(layout.path)/index.json"
    let date = try FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
    try layout.folder.write(pages[1], to: "index.json")
    try FileManager.default.setAttributes([.modificationDate: try #require(date)], ofItemAtPath: path)
    #expect(try source.read()?.images.map(\.repoTags) == [["b:1"]])
  }

  @Test func aLayoutPutInPlaceOfAnotherIsSeen() throws {
    try layout.list([layout.image("a:1")])
    var source = try OCILayout(path: layout.path)
    #expect(try source.read() != nil)
    let other = try TestLayout()
    try other.list([other.image("b:1", salt: "b")])
    try FileManager.default.removeItem(atPath: layout.path)
    #expect(try #require(throws: SourceError.self) { try source.read() }.code == .missing)
    try FileManager.default.moveItem(atPath: other.path, toPath: layout.path)
    #expect(try source.read()?.images.map(\.repoTags) == [["b:1"]])
  }

  @Test func aNilAfterAnErrorMeansThatAllIsAsItWas() throws {
    let page = TestLayout.index([try layout.image("a:1")])
    try layout.folder.write(page, to: "index.json")
    var source = try OCILayout(path: layout.path)
    #expect(try source.read() != nil)
    try layout.folder.write("{", to: "index.json")
    #expect(throws: SourceError.self) { try source.read() }
    try layout.folder.write(page, to: "index.json")
    #expect(try source.read() == nil)
  }

  /// The blobs may be on a disk that is not mounted.
  @Test(arguments: ["blobs", "blobs/sha256"])
  func anIndexWithoutBlobsIsAnError(folder: String) throws {
    try layout.list([layout.image("a:1")])
    var read = try OCILayout(path: layout.path)
    #expect(try read.read()?.images.count == 1)
    var unread = try OCILayout(path: layout.path)
    let aside = try TestFolder()
    try FileManager.default.moveItem(atPath: "\(layout.path)/\(folder)", toPath: "\(aside.path)/blobs")
    for _ in 0..<2 {
      #expect(try #require(throws: SourceError.self) { try read.read() }.code == .missing)
      #expect(try #require(throws: SourceError.self) { try unread.read() }.message.contains("mount the disk"))
    }
    try FileManager.default.moveItem(atPath: "\(aside.path)/blobs", toPath: "\(layout.path)/\(folder)")
    #expect(try read.read() == nil)
    #expect(try unread.read()?.images.count == 1)
  }

  /// What may be missing or wrong at first, and be put right without `index.json` being touched.
  @Test(arguments: ["manifest", "config", "nested", "nested manifest"])
  func aBlobThatComesLaterIsSeen(which: String) throws {
    let config = try layout.config(salt: "late")
    let manifest = try layout.manifest(config)
    let nested = try layout.nested([manifest.descriptor(TestLayout.manifestType)])
    let isNested = which.hasPrefix("nested")
    try layout.list([
      isNested
        ? nested.descriptor(TestLayout.indexType, [referenceName: "late:1"])
        : manifest.descriptor(TestLayout.manifestType, [referenceName: "late:1"])
    ])
    let file =
      switch which {
      case "config": config.file
      case "nested": nested.file
      default: manifest.file
      }
    let aside = try TestFolder()
    try FileManager.default.moveItem(atPath: "\(layout.path)/\(file)", toPath: "\(aside.path)/blob")

    var source = try OCILayout(path: layout.path)
    let first = try #require(try source.read())
    #expect(first.images == [] && first.leftOut.count == 1)
    #expect(try source.read() == nil)
    try FileManager.default.moveItem(atPath: "\(aside.path)/blob", toPath: "\(layout.path)/\(file)")
    let second = try #require(try source.read())
    #expect(second.images.map(\.repoTags) == [["late:1"]] && second.leftOut == [])
    #expect(try source.read() == nil)
  }

  @Test func aBlobWrittenInPlaceIsSeenWhenItIsWhole() throws {
    let manifest = try layout.manifest(layout.config())
    let whole = try Data(contentsOf: URL(filePath: "\(layout.path)/\(manifest.file)"))
    var half = whole
    half.replaceSubrange(100..., with: Data(repeating: 0, count: whole.count - 100))
    try layout.folder.write(half, to: manifest.file)
    try layout.list([manifest.descriptor(TestLayout.manifestType, [referenceName: "a:1"])])
    var source = try OCILayout(path: layout.path)
    #expect(try source.read()?.leftOut.map(\.reason) == ["its contents are not what its digest says"])
    try layout.folder.write(whole, to: manifest.file)
    #expect(try source.read()?.images.map(\.repoTags) == [["a:1"]])
  }

  @Test func whatWasReadOnceIsNotReadAgain() throws {
    let manifest = try layout.manifest(layout.config())
    let first = manifest.descriptor(TestLayout.manifestType, [referenceName: "a:1"])
    try layout.list([first])
    var source = try OCILayout(path: layout.path)
    #expect(try source.read() != nil)
    #expect(truncate("\(layout.path)/\(manifest.file)", 0) == 0)
    try layout.list([first, layout.image("b:1", salt: "b")])
    #expect(try source.read()?.images.count == 2)
    // Once it is not named any more, it is forgotten.
    try layout.list([layout.image("b:1", salt: "b")])
    #expect(try source.read()?.images.count == 1)
    try layout.list([first, layout.image("b:1", salt: "b")])
    #expect(try source.read()?.leftOut.map(\.image) == ["a:1"])
  }

  /// A writer that rewrites `index.json` in place without a pause: a reader sees one of the versions or an error.
  @Test func aHalfWrittenIndexIsNeverBelieved() throws {
    let pages = try [3, 200].map { count in
      TestLayout.index(try (0..<count).map { try layout.image("a:\($0)", salt: "\($0)") })
    }
    try layout.folder.write(pages[0], to: "index.json")
    var source = try OCILayout(path: layout.path)
    let writer = Thread { [layout] in
      var round = 0
      while !Thread.current.isCancelled {
        round += 1
        try? layout.folder.write(pages[round % 2], to: "index.json")
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
