import Testing
import WireTesting

@testable import MessagePack

@Suite struct PackedComparisonTests {
  /// One object, given to a packer or to a comparison.
  private enum Object: Equatable {
    case map(Int), array(Int), nothing, bool(Bool), unsigned(UInt64), signed(Int64), text(String)

    func give<Sink: ObjectSink & ~Copyable>(to sink: inout Sink) {
      switch self {
      case .map(let pairs): sink.packMapHeader(pairs)
      case .array(let elements): sink.packArrayHeader(elements)
      case .nothing: sink.packNil()
      case .bool(let value): sink.pack(value)
      case .unsigned(let value): sink.pack(value)
      case .signed(let value): sink.pack(value)
      case .text(let value): sink.pack(value)
      }
    }
  }

  private static let edges: [Object] = {
    var objects: [Object] = [.nothing, .bool(true), .bool(false)]
    for bits in 0..<64 {
      for offset in [UInt64.max, 0, 1] {
        let number = (UInt64(1) << UInt64(bits)) &+ offset
        objects.append(.unsigned(number))
        objects.append(.signed(Int64(bitPattern: number)))
        objects.append(.signed(0 &- Int64(bitPattern: number)))
      }
    }
    for count in [0, 1, 15, 16, 31, 32, 255, 256, 65_535, 65_536] {
      objects += [.map(count), .array(count), .text(String(repeating: "x", count: count))]
    }
    return objects
  }()

  private func bytes(_ objects: [Object]) -> PackedBytes {
    var packer = Packer()
    for object in objects { object.give(to: &packer) }
    return packer.finish()
  }

  private func matches(_ objects: [Object], _ bytes: PackedBytes) -> Bool {
    bytes.withBytes { bytes in
      PackedComparison.matches(bytes) { comparison in for object in objects { object.give(to: &comparison) } }
    }
  }

  @Test("What a packer writes is found to be equal, at every edge of every format")
  func equal() {
    for object in Self.edges { #expect(matches([object], bytes([object])), "\(object)") }
    #expect(matches(Self.edges, bytes(Self.edges)))
    #expect(matches([], bytes([])))
  }

  @Test("A comparison says what comparing the bytes says, whatever was written")
  func random() {
    var generator = SeededGenerator(seed: 7)
    var equal = 0
    for _ in 0..<50_000 {
      let first = (0..<Int.random(in: 0...3, using: &generator)).map { _ in
        Self.edges[Int.random(in: 0..<Self.edges.count - 3, using: &generator)]
      }
      var second = first
      if !second.isEmpty, Bool.random(using: &generator) {
        let place = Int.random(in: 0..<second.count, using: &generator)
        second[place] = Self.edges[Int.random(in: 0..<Self.edges.count - 3, using: &generator)]
      }
      let isSame = bytes(first) == bytes(second)
      equal += isSame ? 1 : 0
      #expect(matches(second, bytes(first)) == isSame, "\(first) \(second)")
    }
    #expect(equal > 10_000 && equal < 45_000)
  }

  @Test("More or fewer objects than the bytes hold are not equal")
  func length() {
    let objects: [Object] = [.map(1), .text("key"), .unsigned(1_000)]
    for count in 0..<objects.count { #expect(!matches(Array(objects[..<count]), bytes(objects))) }
    #expect(!matches(objects + [.nothing], bytes(objects)))
    #expect(!matches(objects, bytes([])))
  }
}
