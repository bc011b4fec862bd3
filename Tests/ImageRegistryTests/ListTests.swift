import ImageAPI
import ImageRegistry
import ImageWire
import MessagePack
import Testing
import WireTesting

@Suite struct ListTests {
  private func images(_ count: Int, seed: UInt64 = 1) -> [Image] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { number in
      let id = Digest(words: (generator.next(), generator.next(), generator.next(), generator.next()))
      return Image(id: id, repoTags: ["image-\(number)"], size: UInt64(number))
    }
  }

  @Test("The list is the encoded images one after the other, in id order, whatever order they came in")
  func wholeList() throws {
    let images = images(300)
    let sorted = images.sorted { $0.id.description < $1.id.description }
    let expected = expectedReply(sorted, etag: expectedETag(images))
    #expect(try registry(of: images).bytes() == expected)
    #expect(try registry(of: images.shuffled()).bytes() == expected)
    #expect(try registry(of: Array(images[..<100]), Array(images[100...])).bytes() == expected)
    let oneByOne = registry(of: [])
    for image in images.shuffled() { oneByOne.update(source: 0, upserting: [image]) }
    #expect(try oneByOne.bytes() == expected)
  }

  @Test("All readers of a snapshot get the same bytes, not only equal ones")
  func sharing() throws {
    let registry = registry(of: images(10))
    let first = try registry.snapshot.select(ListImagesRequest()).reply(in: .plain)
    registry.replaceContents(ofSource: 0, with: images(10).reversed())
    registry.noteUnchanged(source: 0)
    #expect(try registry.snapshot.select(ListImagesRequest()).reply(in: .plain) === first)
    registry.update(source: 0, removing: images(1).map(\.id))
    #expect(try registry.snapshot.select(ListImagesRequest()).reply(in: .plain) !== first)
  }

  @Test("MessagePack-RPC gets the same result", arguments: ["", "image-3"])
  func rpc(filter: String) throws {
    let registry = registry(of: images(5))
    let request = ListImagesRequest(image: filter)
    let plain = try registry.bytes(request)
    #expect(try registry.bytes(request, in: .rpc(messageID: 7)) == [0x94, 1, 7, 0xc0] + plain)
  }

  @Test("Nothing is an empty list")
  func nothing() throws {
    let registry = registry(of: [])
    #expect(try registry.bytes() == expectedReply([], etag: hex("0")))
    #expect(try registry.images("busybox").isEmpty)
    #expect(try ImageRegistry(sources: []).bytes() == expectedReply([], etag: hex("0")))
  }

  @Test("A client that has the list is told so, for every request with that etag")
  func notModified() throws {
    let registry = registry(of: images(5))
    let etag = registry.snapshot.etag
    var packer = Packer()
    packer.packNotModified(etag: etag)
    let expected = packer.withBytes { bytes in bytes.withUnsafeBytes { [UInt8]($0) } }
    for filter in ["", "image-3", "nginx"] {
      let request = ListImagesRequest(image: filter, ifNoneMatch: etag, limit: 1)
      #expect(try registry.bytes(request) == expected)
      #expect(try registry.bytes(request, in: .rpc(messageID: 7)) == [0x94, 1, 7, 0xc0] + expected)
    }
    for other in ["", hex("0"), etag + " ", etag.uppercased()] {
      #expect(try registry.list(ListImagesRequest(ifNoneMatch: other)).images.count == 5)
    }
    registry.update(source: 0, removing: [images(1)[0].id])
    #expect(try registry.list(ListImagesRequest(ifNoneMatch: etag)).images.count == 4)
  }

  @Test("A list says what it lacks, in every form, under the same etag, and nothing where all is well")
  func gaps() throws {
    let images = images(5)
    let registry = registry(of: images)
    let (whole, etag) = (try registry.bytes(), registry.snapshot.etag)
    let forms = [
      ListImagesRequest(), ListImagesRequest(image: "image-3"), ListImagesRequest(image: "nobody"),
      ListImagesRequest(limit: 2), ListImagesRequest(ifNoneMatch: etag),
    ]
    func gaps() throws -> Set<ListGaps> {
      Set(
        try forms.map { form in
          switch try registry.reply(form) {
          case .images(let list): list.gaps
          case .notModified(_, let gaps): gaps
          }
        })
    }
    #expect(try gaps() == [ListGaps()])
    let skipped = SkippedImage(image: "a", path: "b", reason: "c")
    registry.replaceContents(ofSource: 0, with: images, leftOut: [skipped, skipped])
    #expect(try gaps() == [ListGaps(leftOut: 2)])
    registry.noteFailure(ofSource: 0, reason: "gone")
    let name = registry.sources[0].name
    #expect(try gaps() == [ListGaps(leftOut: 2, stale: [name])])
    registry.noteUnchanged(source: 0)
    #expect(try gaps() == [ListGaps(leftOut: 2)])
    registry.replaceContents(ofSource: 0, with: images)
    #expect(try gaps() == [ListGaps()] && registry.bytes() == whole && registry.snapshot.etag == etag)
  }

  @Test("Whoever names an etag gets the images of that state or an error")
  func ifMatch() throws {
    let registry = registry(of: images(5))
    let first = try registry.list(ListImagesRequest(limit: 2))
    let next = ListImagesRequest(ifMatch: first.etag, limit: 2, resumption: first.resumption)
    #expect(try registry.list(next).images.count == 2)
    registry.update(source: 0, removing: [images(5)[0].id])
    let error = #expect(throws: APIError.self) { try registry.list(next) }
    #expect(error?.code == .failedPrecondition)
    #expect(error?.message.contains(registry.snapshot.etag) == true)
  }

  @Test("Hostile names come back as they are")
  func hostileNames() throws {
    let names = ["", "\0", "\u{1b}[31m", "e\u{301}", "é", String(repeating: "x", count: 100_000), "sha256:\(hex("1"))"]
    let wanted = try image("1", names, user: .name("\n"), spec: ImageSpec(annotations: ["": "\0"]))
    let registry = registry(of: [wanted])
    #expect(try registry.images() == [wanted])
    #expect(try registry.images("\0") == [wanted])
    #expect(try registry.images("\u{1b}[31m") == [wanted])
    registry.update(source: 0, removing: [wanted.id])
    #expect(throws: APIError.self) { try registry.images("\0") }
  }
}
