import Testing

@testable import WaybillBroker

@Suite struct IndexListTests {
  @Test("Slots of two lists stay in the order in which they were put, wherever others are taken out")
  func order() {
    var links = IndexList.Links()
    var lists = [IndexList(), IndexList()]
    var models: [[Int]] = [[], []]
    var generator = SeededGenerator(seed: 1)
    for _ in 0..<10_000 {
      let slot = Int.random(in: 0..<20, using: &generator)
      if let index = models.firstIndex(where: { $0.contains(slot) }) {
        lists[index].remove(slot, in: &links)
        models[index].removeAll { $0 == slot }
      } else {
        let index = Int.random(in: 0...1, using: &generator)
        lists[index].append(slot, in: &links)
        models[index].append(slot)
      }
      #expect(links.contains(slot) == models.joined().contains(slot))
      for (list, model) in zip(lists, models) {
        #expect(Array(list.slots(in: links)) == model)
        #expect(list.first == model.first && list.isEmpty == model.isEmpty)
      }
    }
    #expect(!links.contains(1_000))
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
