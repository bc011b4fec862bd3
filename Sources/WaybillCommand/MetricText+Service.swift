import CurveSecurity
import ImageAPI
import ImageRegistry
import Operations
import WaybillServer

extension MetricText {
  /// Writes what every service has.
  mutating func writeService(_ role: String, isReady: Bool) {
    write(Metric.build, [(labels: [version, commit, role, WaybillCommand.traits], value: 1)])
    write(Metric.ready, isReady ? 1 : 0)
  }

  mutating func write(_ refusals: RefusalCounts) {
    write(
      Metric.refusedConnections,
      RefusalCounts.Reason.allCases.map { (labels: [$0.name], value: Double(refusals[$0])) })
  }

  mutating func write(_ outstanding: OutstandingReplies) {
    write(Metric.unreadReplies, outstanding.byteCount)
    write(Metric.unreadLimit, outstanding.maxBytes)
  }

  /// Writes what a registry holds, and how its sources fare.
  mutating func write(_ registry: ImageRegistry) {
    let (counts, sources) = (registry.counts, registry.sources)
    write(Metric.images, registry.snapshot.count)
    let changes = [("added", counts.added), ("changed", counts.changed), ("removed", counts.removed)]
    write(Metric.imageChanges, changes.map { (labels: [$0.0], value: Double($0.1)) })
    write(
      Metric.sourceState,
      sources.flatMap { source in
        SourceStatus.State.allCases.map { state in
          (labels: [source.name, state.rawValue], value: source.state == state ? 1.0 : 0)
        }
      })
    write(Metric.sourceImages, sources.map { (labels: [$0.name], value: Double($0.images)) })
    write(Metric.sourceLeftOut, sources.map { (labels: [$0.name], value: Double($0.leftOutCount)) })
    write(
      Metric.sourceAge,
      sources.compactMap { source in source.age.map { (labels: [source.name], value: Double($0)) } })
    write(Metric.sourceReadings, zip(sources, counts.readings).map { (labels: [$0.name], value: Double($1)) })
    write(
      Metric.sourceReadingSeconds,
      zip(sources, counts.readingTimes).map { (labels: [$0.name], value: Double($1) / 1e9) })
    write(
      Metric.sourceFailures, zip(sources, counts.failures).map { (labels: [$0.name], value: Double($1)) })
  }
}
