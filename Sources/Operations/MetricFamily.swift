/// A metric, as Prometheus knows it.
package struct MetricFamily: Sendable, Hashable {
  package enum Kind: String, Sendable {
    case counter, gauge, histogram
  }

  /// Its name, by Prometheus' rules: with its unit, and `_total` for a counter.
  package let name: String
  package let kind: Kind
  /// The names of its labels. Their values come from waybill and from its command line, never from a client.
  package let labels: [String]
  /// What it says, in one sentence.
  package let help: String

  package init(_ name: String, _ kind: Kind, _ help: String) {
    self.init(name, kind, [], help)
  }

  package init(_ name: String, _ kind: Kind, _ labels: [String], _ help: String) {
    self.name = name
    self.kind = kind
    self.labels = labels
    self.help = help
  }
}
