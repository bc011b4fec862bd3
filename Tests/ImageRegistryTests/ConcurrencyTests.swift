import Foundation
import ImageAPI
import ImageRegistry
import Synchronization
import Testing

@Suite struct ConcurrencyTests {
  private static func inventory(_ name: String, _ count: Int) -> [Image] {
    (0..<count).map { number in
      // Half of the ids are of both inventories, so that some images change and others come and go.
      let own: UInt64 = number % 2 == 0 ? 0 : name == "a" ? 1 : 2
      return Image(
        id: Digest(words: (UInt64(number) << 54, 0, 0, own)), repoTags: ["\(name):\(number)", name])
    }
  }

  @Test("Readers see one state or the other, whole, and never a mixture")
  func wholeStates() throws {
    let inventories = ["a", "b"].map { Self.inventory($0, 20) }
    let etags = inventories.map(expectedETag)
    let lists = zip(inventories, etags).map { images, etag in
      expectedReply(images.sorted { $0.id < $1.id }, etag: etag)
    }
    let registry = registry(of: inventories[0])
    let done = Shared(Atomic(false))
    let readers = (0..<3).map { _ in
      Background {
        var seen: Set<Int> = []
        repeat {
          let snapshot = registry.snapshot
          guard let state = lists.firstIndex(of: try snapshot.bytes()) else { return Set([-1]) }
          seen.insert(state)
          let name = ["a", "b"][state]
          let other = ["b", "a"][state]
          guard snapshot.etag == etags[state], snapshot.count == 20,
            try snapshot.list(ListImagesRequest(image: name)).images.count == 20,
            try snapshot.list(ListImagesRequest(image: other)).images.isEmpty,
            try snapshot.list(ListImagesRequest(image: "\(name):7")).images.count == 1
          else { return Set([-2]) }
        } while !done.value.load(ordering: .acquiring)
        return seen
      }
    }
    let writer = Background {
      for round in 1...60 {
        registry.replaceContents(ofSource: 0, with: inventories[round % 2])
      }
      done.value.store(true, ordering: .releasing)
    }
    try writer.value()
    for reader in readers { #expect(try reader.value().isSubset(of: [0, 1])) }
  }

  @Test("Sources that write at the same time lose nothing of each other's")
  func writers() throws {
    let registry = registry(of: [], [], [])
    let writers = (0..<3).map { source in
      Background {
        for round in 0...30 {
          registry.replaceContents(
            ofSource: source,
            with: (0..<20).map { number in
              Image(id: Digest(words: (UInt64(number) << 56, 0, 0, 0)), repoTags: ["of-\(source):\(round)"])
            })
        }
      }
    }
    for writer in writers { try writer.value() }
    let images = try registry.images()
    #expect(images.count == 20)
    #expect(images.allSatisfy { $0.repoTags == ["of-0:30", "of-1:30", "of-2:30"] })
    #expect(registry.snapshot.etag == expectedETag(images))
  }

  @Test("No reader waits for a writer, whether for images or for how the sources fare")
  func noWaiting() throws {
    let registry = registry(of: [])
    let images = Self.inventory("a", 1_000)
    let isDone = Shared(Atomic(false))
    let reader = Background {
      var looks: [ContinuousClock.Instant] = []
      while !isDone.value.load(ordering: .acquiring) {
        _ = registry.sources
        _ = registry.snapshot.etag
        looks.append(.now)
        Thread.sleep(forTimeInterval: 0.000_1)
      }
      return looks
    }
    let writer = Background {
      (0..<6).map { round in
        let start = ContinuousClock.now
        registry.replaceContents(ofSource: 0, with: round % 2 == 0 ? images : [])
        return start...ContinuousClock.now
      }
    }
    let writes = try writer.value()
    isDone.value.store(true, ordering: .releasing)
    let looks = try reader.value()
    // A reader that waits has no look during most of a write, and that of each write; one that does not, hardly ever.
    let isFree = writes.contains { write in
      let times = [write.lowerBound] + looks.filter(write.contains) + [write.upperBound]
      let longest = zip(times, times.dropFirst()).map { $1 - $0 }.max() ?? .zero
      return longest * 2 < write.upperBound - write.lowerBound
    }
    #expect(isFree)
  }
}

/// An atomic that several threads hold.
private final class Shared<Value: AtomicRepresentable & Sendable>: Sendable {
  let value: Atomic<Value>

  init(_ value: consuming Atomic<Value>) { self.value = value }
}
