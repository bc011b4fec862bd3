import MessagePack
import Testing
import WireTesting

#if canImport(Glibc)
  import Glibc
#endif

/// Every message that the check accepts must be read by libmsgpack: after the check it can only lack memory, so an
/// `outOfMemory` here is a message on which the two disagree.
@Suite(.serialized) struct FuzzTests {
  private static let rounds = 200_000

  @Test("Random bytes never crash, and nothing passes the check that libmsgpack refuses")
  func random() {
    var generator = SeededGenerator(seed: 1)
    var unpacker = Unpacker(limits: generous)
    var bytes: [UInt8] = []
    var accepted = 0
    let before = residentPages()
    for _ in 0..<FuzzTests.rounds {
      bytes.removeAll(keepingCapacity: true)
      for _ in 0..<Int.random(in: 1...24, using: &generator) { bytes.append(.random(in: 0...255, using: &generator)) }
      if read(bytes, with: &unpacker) { accepted += 1 }
    }
    #expect(accepted > 1_000)
    #expect(residentPages() - before < allowance)
  }

  @Test("Valid messages with bytes changed, removed and added never crash")
  func mutated() {
    var generator = SeededGenerator(seed: 2)
    var unpacker = Unpacker(limits: generous)
    var accepted = 0
    let before = residentPages()
    for round in 0..<FuzzTests.rounds {
      var bytes = round % 2 == 0 ? request : everyFormat
      for _ in 0..<Int.random(in: 1...3, using: &generator) {
        let place = Int.random(in: 0..<bytes.count, using: &generator)
        switch Int.random(in: 0..<4, using: &generator) {
        case 0: bytes.remove(at: place)
        case 1: bytes.insert(.random(in: 0...255, using: &generator), at: place)
        default: bytes[place] = .random(in: 0...255, using: &generator)
        }
      }
      if read(bytes, with: &unpacker) { accepted += 1 }
    }
    #expect(accepted > 1_000)
    #expect(residentPages() - before < allowance)
  }

  @Test("Messages written at random are accepted, and refused when anything is missing", arguments: 1...2_000)
  func generated(seed: Int) {
    var generator = SeededGenerator(seed: UInt64(seed))
    let bytes = packed { write(&$0, depth: 0, using: &generator) }
    var unpacker = Unpacker(limits: generous)
    #expect(read(bytes, with: &unpacker))
    let cut = Array(bytes.prefix(.random(in: 0..<bytes.count, using: &generator)))
    #expect(refusal(of: cut) == (cut.isEmpty ? .empty : .truncated))
  }

  /// Reads a message and all that is in it.
  ///
  /// - Returns: Whether it was accepted.
  private func read(_ bytes: [UInt8], with unpacker: inout Unpacker) -> Bool {
    do throws(MessagePackError) {
      let visited = try unpacker.unpack(bytes.span.bytes) { visit($0) }
      return visited > 0
    } catch {
      if error.code == .outOfMemory { Issue.record("libmsgpack refuses what the check accepts: \(bytes)") }
      return false
    }
  }

  private func visit(_ value: Value) -> Int {
    var visited = 1
    if let array = value.array {
      for element in array { visited += visit(element) }
    }
    if let map = value.map {
      for pair in map { visited += visit(pair.key) + visit(pair.value) }
    }
    visited += value.withBytes { $0.byteCount } ?? 0
    if value.kind == .string { _ = try? value.checkString(at: "fuzz") }
    return visited
  }

  private func write(_ packer: inout Packer, depth: Int, using generator: inout SeededGenerator) {
    let count = Int.random(in: 0...4, using: &generator)
    switch Int.random(in: depth < 6 ? 0..<10 : 2..<10, using: &generator) {
    case 0:
      packer.packArrayHeader(count)
      for _ in 0..<count { write(&packer, depth: depth + 1, using: &generator) }
    case 1:
      packer.packMapHeader(count)
      for _ in 0..<2 * count { write(&packer, depth: depth + 1, using: &generator) }
    case 2: packer.packNil()
    case 3: packer.pack(Bool.random(using: &generator))
    case 4: packer.pack(UInt64.random(in: 0...(.max >> UInt64(16 * (count % 4))), using: &generator))
    case 5: packer.pack(Int64.random(in: (.min >> Int64(16 * (count % 4)))...0, using: &generator))
    case 6: packer.pack(Double.random(in: 0...1, using: &generator))
    case 7: packer.pack(binary: [UInt8](repeating: 0xc1, count: 100 * count).span.bytes)
    default: packer.pack(String(repeating: "ä", count: 20 * count))
    }
  }
}

/// How many pages the process may grow by: 16 MiB, where a zone lost per message would be 1.5 GiB. The address sanitizer
/// sets freed memory aside for a while.
private let allowance = getenv("ASAN_OPTIONS") == nil ? 4_096 : 131_072

/// The memory of the process, in pages; 0 where there is no /proc.
private func residentPages() -> Int {
  #if canImport(Glibc)
    guard let file = fopen("/proc/self/statm", "r") else { return 0 }
    defer { fclose(file) }
    var line = [CChar](repeating: 0, count: 128)
    guard fgets(&line, 128, file) != nil else { return 0 }
    let fields = String(decoding: line.map(UInt8.init(bitPattern:)), as: UTF8.self).split(separator: " ")
    return fields.count > 1 ? Int(fields[1]) ?? 0 : 0
  #else
    return 0
  #endif
}
