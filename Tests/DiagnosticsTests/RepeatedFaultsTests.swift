import Diagnostics
import Testing

@Suite struct RepeatedFaultsTests {
  private let start = ContinuousClock.now

  private func at(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

  @Test("A fault that comes again and again is said when it begins, and when it has ended with a count")
  func beginAndEnd() {
    var faults = RepeatedFaults<String>(most: 2, quiet: .seconds(60))
    let said = (0..<600).map { faults.note("a", at: at(Double($0) / 10)) }
    #expect(said == [true] + Array(repeating: false, count: 599))
    let ended = [119, 120, 300].map { faults.takeEnded(at: at($0)).map { [$0.kind, "\($0.repeated)"] } }
    #expect(ended == [[], [["a", "599"]], []])
    let isSaidAgain = faults.note("a", at: at(300))
    #expect(isSaidAgain)
  }

  @Test("A fault that came once ends without a word")
  func once() {
    var faults = RepeatedFaults<String>(most: 2, quiet: .seconds(60))
    let said = [faults.note("a", at: start)]
    let ended = faults.takeEnded(at: at(60))
    let saidAgain = faults.note("a", at: at(61))
    #expect(said == [true] && saidAgain)
    #expect(ended.isEmpty)
  }

  @Test("However many kinds there are, so many are remembered, and the others counted once a minute")
  func many() {
    var faults = RepeatedFaults<Int>(most: 2, quiet: .seconds(60))
    var said = 0
    for kind in 0..<100_000 where faults.note(kind, at: start) { said += 1 }
    #expect(said == 2)
    let others = [59, 60, 120].map { faults.takeOthers(at: at($0)) }
    #expect(others == [0, 99_998, 0])
    let ended = faults.takeEnded(at: at(120))
    let isSaidAgain = faults.note(7, at: at(120))
    #expect(ended.isEmpty && isSaidAgain)
  }
}
