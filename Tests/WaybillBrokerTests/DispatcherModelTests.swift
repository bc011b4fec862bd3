import Testing

@testable import WaybillBroker

/// A million things that happen in no order, and after each of them every request is where it should be.
@Suite struct DispatcherModelTests {
  @Test("A request is waiting, or with exactly one worker, or over, once", arguments: [1, 2] as [UInt64])
  func randomly(seed: UInt64) {
    var model = DispatcherModel(seed: seed)
    for step in 0..<500_000 {
      model.step()
      if let fault = model.fault {
        Issue.record("step \(step) of seed \(seed): \(fault)")
        return
      }
    }
    model.finish()
    #expect(model.fault == nil)
    let ends = model.ends
    print("seed \(seed): \(ends)")
    // Nothing that can happen was left out.
    #expect(
      ends.answered > 10_000 && ends.late > 100 && ends.behind > 1_000 && ends.undelivered > 500 && ends.rejected > 500)
    #expect(ends.refused.count == 6 && ends.refused.values.allSatisfy { $0 > 100 })
  }
}
