import Foundation
import ImageAPI
import ImageWire
import MessagePack
import Synchronization
import Testing

@testable import ImageRegistry

@Suite struct WholeListTests {
  private static func image(_ number: Int, change: Int = 0) -> Image {
    // Another length with some of the changes, so that what stands behind the image moves.
    let tag = "v" + String(repeating: "x", count: change % 3)
    return Image(
      id: Digest(words: (UInt64(number) << 50, 0, 0, UInt64(number))), repoTags: ["image-\(number):\(tag)"],
      size: UInt64(change))
  }

  private static func list(_ registry: ImageRegistry) throws -> PackedBytes {
    try registry.snapshot.select(ListImagesRequest()).reply(in: .plain)
  }

  private static func address(of bytes: PackedBytes) -> UInt {
    bytes.withUnsafeBytes { UInt(bitPattern: $0.baseAddress) }
  }

  @Test("A list that nobody holds any more gives its memory to the next, and one that is held keeps it")
  func reuse() throws {
    var images = (0..<200).map { Self.image($0) }
    let registry = registry(of: images)
    func change(_ number: Int, _ change: Int) throws -> [UInt8] {
      images[number] = Self.image(number, change: change)
      registry.update(source: 0, upserting: [images[number]])
      return expectedReply(images, etag: expectedETag(images))
    }
    let first = Self.address(of: try Self.list(registry))

    for round in 1...20 {
      let expected = try change(round * 37 % 200, round)
      let list = try Self.list(registry)
      #expect(list.copy == expected)
      #expect(Self.address(of: list) == first)
    }

    let held = try Self.list(registry)
    let before = held.copy
    let expected = try change(5, 3)
    #expect(try Self.list(registry).copy == expected)
    #expect(Self.address(of: try Self.list(registry)) != first)
    #expect(held.copy == before)
    withExtendedLifetime(held) {}
    // Behind several changes, of which the list that was held knows none.
    for round in 1...6 {
      let expected = try change(round, round + 3)
      let holds = round % 2 == 0 ? try Self.list(registry) : nil
      #expect(try Self.list(registry).copy == expected)
      withExtendedLifetime(holds) {}
    }
  }

  @Test("A reader with an older state gets the list of that state, and leaves the newer one alone")
  func late() throws {
    let registry = registry(of: [Self.image(1)])
    let early = registry.snapshot
    registry.update(source: 0, upserting: [Self.image(2)])
    let newer = try Self.list(registry)
    #expect(try early.bytes() == expectedReply([Self.image(1)], etag: early.etag))
    #expect(try Self.list(registry) === newer)
  }

  @Test("A large list is given to readers of later states for a moment, unless they say what they hold")
  func recent() throws {
    // A list of 100 MB, which is given out for 100 ms, of images that take far less to change.
    let annotations = ["note": String(repeating: "x", count: 100_000)]
    func image(_ number: UInt64, change: Int = 0) -> Image {
      Image(id: Digest(words: (0, 0, 0, number)), size: UInt64(change), spec: ImageSpec(annotations: annotations))
    }
    let registry = registry(of: (0..<1_000).map { image($0) })
    func list(ifNoneMatch etag: String? = nil) throws -> PackedBytes {
      let selection = try registry.snapshot.select(ListImagesRequest(ifNoneMatch: etag))
      return try #require(try selection.sharedReply(orRecent: etag == nil))
    }
    func etag(of list: PackedBytes) -> String { String(decoding: list.copy.suffix(64), as: UTF8.self) }

    // A machine may stop for longer than such a list is given.
    let wasShared = try (1...20).contains { change in
      registry.update(source: 0, upserting: [image(1, change: 2 * change)])
      let before = try list(ifNoneMatch: "an older state")
      registry.update(source: 0, upserting: [image(1, change: 2 * change + 1)])
      let after = try list()
      let latest = try list(ifNoneMatch: etag(of: before))
      #expect(etag(of: latest) == registry.snapshot.etag)
      #expect(try list() === latest)
      return after === before
    }
    #expect(wasShared)
    let last = try list()
    registry.update(source: 0, upserting: [image(1, change: 100)])
    Thread.sleep(forTimeInterval: Double(last.count) / 1e9)
    #expect(etag(of: try list()) == registry.snapshot.etag)
  }

  @Test("Readers who hold the lists of many states leave no room for more, until they let go of some")
  func tooManyHeld() throws {
    let registry = registry(of: (0..<100).map { Self.image($0) })
    let size = try Self.list(registry).count
    let lists = WholeLists(maxBytes: 4 * size)
    func list() throws(APIError) -> PackedBytes {
      registry.update(source: 0, upserting: [Self.image(7, change: Int(registry.snapshot.state.version) * 3)])
      return try lists.list(of: registry.snapshot.state, etag: registry.snapshot.etag)
    }
    var held = try (0..<3).map { _ in try list() }
    #expect(throws: APIError.self) {
      for _ in 0..<2 { held.append(try list()) }
    }
    let count = held.count
    let error = #expect(throws: APIError.self) { try list() }
    #expect(error?.code == .resourceExhausted)
    #expect(Set(held.map(Self.address(of:))).count == count)
    // The list that is there already is given out all the same.
    let last = registry.snapshot
    held.removeFirst()
    let next = try lists.list(of: last.state, etag: last.etag)
    #expect(next.copy.suffix(64).elementsEqual(last.etag.utf8))
    #expect(try lists.list(of: last.state, etag: last.etag) === next)
    #expect(throws: APIError.self) { try list() }
  }

  @Test("Memory that no list has needed for ten seconds is given back, except that of the newest list")
  func trimming() throws {
    let registry = registry(of: (0..<100).map { Self.image($0) })
    let lists = WholeLists(maxBytes: 1 << 30)
    func list() throws -> PackedBytes {
      registry.update(source: 0, upserting: [Self.image(7, change: Int(registry.snapshot.state.version) * 3)])
      return try lists.list(of: registry.snapshot.state, etag: registry.snapshot.etag)
    }
    var held = try (0..<4).map { _ in try list() }
    let now = ContinuousClock.now
    lists.trim(at: now + .seconds(11))
    #expect(lists.count == 4)
    held.removeFirst(2)
    lists.trim(at: now + .seconds(9))
    #expect(lists.count == 4)
    lists.trim(at: now + .seconds(11))
    #expect(lists.count == 2)
    held = []
    lists.trim(at: now + .seconds(11))
    #expect(lists.count == 1)
  }

  @Test("A list of any size is given out when no reader holds another")
  func largerThanTheLimit() throws {
    let registry = registry(of: [Self.image(1)])
    let lists = WholeLists(maxBytes: 0)
    for change in 1...3 {
      registry.update(source: 0, upserting: [Self.image(1, change: change)])
      #expect(try lists.list(of: registry.snapshot.state, etag: registry.snapshot.etag).count > 0)
    }
  }

  @Test("While images change, no list that a reader holds does, however long it holds it")
  func heldByReaders() throws {
    let images = (0..<300).map { Self.image($0) }
    let registry = registry(of: images)
    let done = Mutex(false)
    let readers = (0..<3).map { reader in
      Background {
        var held: [(list: PackedBytes, copy: [UInt8])] = []
        var checked = 0
        while !done.withLock({ $0 }) {
          let snapshot = registry.snapshot
          let list = try snapshot.select(ListImagesRequest()).reply(in: .plain)
          let copy = list.copy
          guard copy.suffix(64).elementsEqual(snapshot.etag.utf8) else { return -1 }
          held.append((list, copy))
          guard held.count > reader * 2 else { continue }
          let (oldest, then) = held.removeFirst()
          guard oldest.copy == then else { return -2 }
          var unpacker = Unpacker(limits: Limits(bytes: .max, depth: Limits.deepest, elements: .max))
          let reply = try then.span.bytes.read(with: &unpacker)
          guard case .images(let list) = reply, expectedETag(list.images) == list.etag else { return -3 }
          checked += 1
        }
        return checked
      }
    }
    for round in 1...400 {
      registry.update(source: 0, upserting: [Self.image(round * 89 % 300, change: round)])
    }
    done.withLock { $0 = true }
    for reader in readers { #expect(try reader.value() >= 0) }
  }
}

extension PackedBytes {
  fileprivate var copy: [UInt8] { withUnsafeBytes { [UInt8]($0) } }
}

extension RawSpan {
  fileprivate func read(with unpacker: inout Unpacker) throws(APIError) -> ListImagesReply {
    try ListImagesReply(decoding: self, with: &unpacker)
  }
}
