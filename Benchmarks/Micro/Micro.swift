import Benchmark
import Workloads

/// Each kind of work by time, at two sizes of the registry.
let benchmarks: @Sendable () -> Void = {
  for kind in Workload.Kind.allCases {
    for images in [1_000, 100_000] {
      let configuration = Benchmark.Configuration(
        metrics: [.wallClock, .cpuTotal], scalingFactor: .kilo, maxDuration: .seconds(2))
      nonisolated(unsafe) var workload: Workload?
      Benchmark("\(kind.rawValue) at \(images)", configuration: configuration) { benchmark in
        workload?.run(times: benchmark.scaledIterations.count)
      } setup: {
        workload = Workload(kind, images: images)
      } teardown: {
        workload = nil
      }
    }
  }
}
