import Concurrency
import Testing
import WaybillServer

@Suite struct StopSignalTests {
  @Test("A thread that waits is woken at once, and whoever waits later does not wait at all", .timeLimit(.minutes(1)))
  func raising() throws {
    for _ in 0..<100 {
      let stop = StopSignal()
      #expect(!stop.isRaised)
      let waiting = NamedThread.start("test") { stop.wait(atMost: .seconds(600)) }
      stop.raise()
      stop.raise()
      #expect(stop.isRaised && stop.wait(atMost: .seconds(600)))
      waiting.join()
    }
  }

  @Test("A wait ends with its time when nobody raises the signal")
  func waiting() {
    let stop = StopSignal()
    let start = ContinuousClock.now
    #expect(!stop.wait(atMost: .milliseconds(20)))
    #expect(start.duration(to: .now) >= .milliseconds(20))
    #expect(!stop.wait(atMost: .zero) && !stop.isRaised)
  }
}
