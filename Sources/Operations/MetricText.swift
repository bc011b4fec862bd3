package import Diagnostics

/// Metrics in Prometheus' text format, version 0.0.4.
package struct MetricText {
  /// What was written so far.
  package private(set) var text = ""

  package init() {}

  /// Writes a metric with the values that it has now, each with the values of its labels.
  package mutating func write(_ family: MetricFamily, _ samples: [(labels: [String], value: Double)]) {
    guard !samples.isEmpty else { return }
    begin(family)
    for sample in samples { write(family.name, family.labels, sample.labels, sample.value) }
  }

  /// Writes a metric that has no labels.
  package mutating func write(_ family: MetricFamily, _ value: Double) {
    write(family, [(labels: [], value: value)])
  }

  /// Writes a metric that has no labels.
  package mutating func write(_ family: MetricFamily, _ value: some BinaryInteger) {
    write(family, Double(value))
  }

  /// Writes a histogram.
  ///
  /// - Parameters:
  ///   - family: The metric.
  ///   - histogram: Its values.
  ///   - scale: How many of the histogram's units make one of the metric's.
  package mutating func write(_ family: MetricFamily, _ histogram: Histogram, scale: Double = 1) {
    begin(family)
    let cumulative = histogram.cumulative
    let bounds = histogram.bounds.map { Self.number(Double($0) / scale) } + ["+Inf"]
    for (bound, count) in zip(bounds, cumulative) {
      text += "\(family.name)_bucket{le=\"\(bound)\"} \(count)\n"
    }
    text += "\(family.name)_sum \(Self.number(Double(histogram.sum) / scale))\n"
    text += "\(family.name)_count \(cumulative[cumulative.count - 1])\n"
  }

  private mutating func begin(_ family: MetricFamily) {
    text += "# HELP \(family.name) \(family.help)\n# TYPE \(family.name) \(family.kind.rawValue)\n"
  }

  private mutating func write(_ name: String, _ labels: [String], _ values: [String], _ value: Double) {
    precondition(labels.count == values.count, "\(name) has the labels \(labels)")
    let pairs = zip(labels, values).map { "\($0)=\"\(Self.escaped($1))\"" }
    text += "\(name)\(pairs.isEmpty ? "" : "{\(pairs.joined(separator: ","))}") \(Self.number(value))\n"
  }

  private static func number(_ value: Double) -> String {
    Int64(exactly: value).map(String.init) ?? "\(value)"
  }

  /// A label's value: the format wants three characters escaped, and no reader wants a control character.
  private static func escaped(_ value: String) -> String {
    value.escaped.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
  }
}
