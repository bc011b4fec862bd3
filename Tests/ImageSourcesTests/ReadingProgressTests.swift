import ImageSources
import Synchronization
import Testing

@Suite struct ReadingProgressTests {
  /// What was reported, one after the other.
  private final class Reports: Sendable {
    private let counts = Mutex<[ReadingProgress.Count]>([])
    var all: [ReadingProgress.Count] { counts.withLock { $0 } }

    func progress(after delay: Duration = .zero) -> ReadingProgress {
      ReadingProgress(after: delay, every: .zero) { [self] count in counts.withLock { $0.append(count) } }
    }
  }

  @Test func aLayoutTellsOfEachImage() throws {
    let layout = try TestLayout()
    try layout.list((0..<5).map { try layout.image("a:\($0)", salt: "\($0)") })
    var source = try OCILayout(path: layout.path)
    let reports = Reports()
    #expect(try source.read(reporting: reports.progress())?.images.count == 5)
    #expect(Set(reports.all) == Set((0...5).map { ReadingProgress.Count(.images, done: $0, total: 5) }))
    // What is known is not read again.
    try layout.list((0..<6).map { try layout.image("a:\($0)", salt: "\($0)") })
    let second = Reports()
    #expect(try source.read(reporting: second.progress())?.images.count == 6)
    #expect(second.all.last == ReadingProgress.Count(.images, done: 1, total: 1))
    #expect(second.all.last?.description == "1 of 1 images")
  }

  @Test func anArchiveTellsOfItsBytes() throws {
    let folder = try TestFolder()
    let bytes = TestArchive([TestArchive.entry(["a:1"])]).bytes
    try folder.write(bytes, to: "images.tar")
    var source = try DockerArchive(path: "\(folder.path)/images.tar")
    let reports = Reports()
    #expect(try source.read(reporting: reports.progress()) != nil)
    #expect(reports.all.last == ReadingProgress.Count(.bytes, done: Int64(bytes.count), total: Int64(bytes.count)))
  }

  @Test func graphsAndEmbeddedImagesTellToo() throws {
    let graph = try TestGraph()
    var parts = TestGraph.Parts(names: ["a:1"])
    parts.layer = try graph.layer("lower")
    try graph.write(parts)
    let manifests = try TestManifests()
    try manifests.write()
    for name in ["isulad:\(graph.path)", "embedded:\(manifests.folder.path)"] {
      var source = try ImageSourceLocation(name).open()
      let reports = Reports()
      #expect(try source.read(reporting: reports.progress())?.images.count == 1)
      #expect(reports.all.last == ReadingProgress.Count(.images, done: 1, total: 1))
    }
  }

  @Test func aReadingThatIsSoonDoneTellsNothing() throws {
    let layout = try TestLayout()
    try layout.list([layout.image("a:1")])
    var source = try OCILayout(path: layout.path)
    let reports = Reports()
    #expect(try source.read(reporting: reports.progress(after: .seconds(600))) != nil)
    #expect(reports.all == [])
  }
}
