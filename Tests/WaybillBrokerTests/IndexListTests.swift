import Testing

@testable import WaybillBroker

@Suite struct SlotChainTests {
  @Test("Numbers stay in the order in which they were put, wherever others are taken out")
  func order() {
    var chain = IndexList()
    var model: [Int] = []
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<10_000 {
      let slot = Int.random(in: 0..<20, using: &generator)
      if model.contains(slot) {
        chain.remove(slot)
        model.removeAll { $0 == slot }
      } else {
        chain.append(slot)
        model.append(slot)
      }
      #expect(chain.slots == model && chain.count == model.count && chain.contains(slot) == model.contains(slot))
    }
    chain.remove(1_000)
    #expect(chain.slots == model)
  }
}

extension IndexList {
  var slots: [Int] {
    Array(sequence(first: first) { $0.flatMap(next(after:)) }.prefix { $0 != nil }.compactMap(\.self))
  }
}

/// Numbers that look random and are the same in every run: SplitMix64.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }
}
