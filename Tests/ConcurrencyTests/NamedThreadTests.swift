import Foundation
import Synchronization
import Testing

@testable import Concurrency

@Suite struct NamedThreadTests {
  private final class Witness: Sendable {
    static let alive = Atomic(0)

    init() { Self.alive.add(1, ordering: .sequentiallyConsistent) }
    deinit { Self.alive.subtract(1, ordering: .sequentiallyConsistent) }
  }

  /// A socket's context ends with the last reference to it, and must do so on the thread that waits for the others.
  @Test("What a thread captured is gone when it has been waited for", .timeLimit(.minutes(1)))
  func join() {
    for _ in 0..<1_000 {
      let thread = {
        let witness = Witness()
        return NamedThread.start("test") { withExtendedLifetime(witness) {} }
      }()
      thread.join()
      #expect(Witness.alive.load(ordering: .sequentiallyConsistent) == 0)
    }
  }

  @Test("A wait for a thread that goes on ends with its time", .timeLimit(.minutes(1)))
  func joinInTime() {
    let latch = Latch()
    let thread = NamedThread.start("test") { _ = latch.wait(atMost: .seconds(600)) }
    #expect(!thread.join(atMost: .milliseconds(20)))
    latch.open()
    #expect(thread.join(atMost: .seconds(600)))
  }

  @Test(
    "The kernel knows the thread by the first 15 bytes of its name",
    arguments: [("waybill-rep-7", "waybill-rep-7"), ("waybill-pool-255", "waybill-pool-25")])
  func names(name: String, kernelName: String) async throws {
    let text = try await NamedThread.run(name) {
      try String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8)
    }
    #expect(text == kernelName + "\n")
  }

  @Test("A parallel map has the results in the order of the elements, and its threads the priority of the caller")
  func parallelMap() async throws {
    let results = await NamedThread.run("test") {
      lowerThreadPriority()
      // On Linux this "process" is the calling thread.
      return Concurrency.parallelMap(Array(0..<10_000)) {
        ($0, getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0))
      }
    }
    #expect(results.map(\.0) == Array(0..<10_000))
    #expect(results.allSatisfy { $0.1 == 10 })
  }
}
