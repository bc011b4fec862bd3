import Diagnostics
import Operations
import Testing

@Suite struct MetricTextTests {
  @Test func countersAndGauges() {
    var metrics = MetricText()
    metrics.write(MetricFamily("a_total", .counter, ["x", "y"], "Things."), [(labels: ["1", "2"], value: 3)])
    metrics.write(MetricFamily("b", .gauge, "One."), 0.5)
    metrics.write(MetricFamily("nothing", .gauge, ["x"], "None."), [])
    #expect(
      metrics.text == """
        # HELP a_total Things.
        # TYPE a_total counter
        a_total{x="1",y="2"} 3
        # HELP b One.
        # TYPE b gauge
        b 0.5

        """)
  }

  @Test func labelsAreEscaped() {
    var metrics = MetricText()
    metrics.write(MetricFamily("a", .gauge, ["x"], "A."), [(labels: ["\"\\\n\u{1b}"], value: 1)])
    #expect(metrics.text.hasSuffix(#"a{x="\"\\\\n\\u{1B}"} 1"# + "\n"))
  }

  @Test func aHistogramIsCumulative() {
    let histogram = Histogram(bounds: [10, 100])
    for value in [1, 10, 11, 1_000] as [UInt64] { histogram.observe(value) }
    #expect(histogram.cumulative == [2, 3, 4] && histogram.sum == 1_022)
    var metrics = MetricText()
    metrics.write(MetricFamily("a_seconds", .histogram, "A."), histogram, scale: 10)
    #expect(
      metrics.text == """
        # HELP a_seconds A.
        # TYPE a_seconds histogram
        a_seconds_bucket{le="1"} 2
        a_seconds_bucket{le="10"} 3
        a_seconds_bucket{le="+Inf"} 4
        a_seconds_sum 102.2
        a_seconds_count 4

        """)
  }
}
