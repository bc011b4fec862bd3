import Foundation
import ServiceTesting
import Testing
import ZeroMQ

@testable import WaybillServer

@Suite struct StopSignalTests {
  @Test("A thread that waits is woken, and one that has just gone is not waited for", .timeLimit(.minutes(1)))
  func raising() async throws {
    try await blocking {
      for round in 0..<100 {
        let context = try Context()
        let stop = StopSignal(in: context, name: "test")
        let isBound = DispatchSemaphore(value: 0)
        let isDone = DispatchSemaphore(value: 0)
        Thread.detachNewThread {
          if let socket = try? Socket(.rep, in: context), (try? socket.bind(stop.endpoint)) != nil {
            isBound.signal()
            // Half of the threads are busy and see the flag, the others wait for a message.
            if round % 2 == 0 {
              while !stop.isRaised {}
              Thread.sleep(forTimeInterval: .random(in: 0...0.000_1))
            } else {
              _ = try? socket.receive().bytes
            }
          }
          isDone.signal()
        }
        isBound.wait()
        stop.raise()
        #expect(stop.isRaised)
        isDone.wait()
      }
    }
  }

  @Test("A signal that is raised before the socket is there, or twice, or when there is none any more")
  func oddTimes() async throws {
    try await blocking {
      let context = try Context()
      let stop = StopSignal(in: context, name: "test")
      stop.raise()
      stop.raise()
      let socket = try Socket(.rep, in: context)
      try socket.bind(stop.endpoint)
      let first = try socket.receive().bytes
      #expect(first.isEmpty)
      socket.close()
      stop.raise()
    }
  }
}
