#if GRPC
  import Cluster
  import Diagnostics
  import ImageRegistry
  import Operations
  import WaybillServer

  /// What a publisher says of itself.
  struct PublisherReport: ServiceReport, Printable {
    let node: String
    let progress: PublicationProgress
    let registry: ImageRegistry
    let signals: ShutdownSignals

    var unreadiness: String? {
      if signals.isStopping { return "stopping" }
      let state = progress.state
      guard !state.isListed else { return nil }
      let pending = registry.snapshot.pendingSources
      guard pending.isEmpty else { return "not read yet: \(pending.joined(separator: ", "))" }
      return state.lastError.isEmpty ? "not in etcd yet" : state.lastError
    }

    var json: String { document.json + "\n" }
    var text: String { table }

    func write(to metrics: inout MetricText) {
      let state = progress.state
      metrics.writeService("publisher", isReady: unreadiness == nil)
      metrics.write(Metric.published, state.isListed ? 1 : 0)
      metrics.write(Metric.publications, state.records)
      metrics.write(Metric.publisherFailures, state.failures)
      metrics.write(registry)
    }

    private var facts: [(name: String, value: String)] {
      let state = progress.state
      return [
        ("node", node), ("version", version), ("listed", state.isListed ? "yes" : "no"),
        ("images", "\(registry.snapshot.count)"), ("records", "\(state.records)"), ("failures", "\(state.failures)"),
        ("etcd", state.lastError.isEmpty ? "answers" : state.lastError.escaped),
      ]
    }

    var table: String {
      let width = facts.map(\.name.count).max() ?? 0
      let lines = facts.map { "\($0.name)\(String(repeating: " ", count: width - $0.name.count))  \($0.value)\n" }
      return lines.joined() + "\n" + StatusReport.table(of: registry.sources)
    }

    var document: Document {
      let state = progress.state
      return .object([
        ("node", .string(node)),
        ("version", .string(version)),
        ("ready", .bool(unreadiness == nil)),
        ("listed", .bool(state.isListed)),
        ("images", .integer(registry.snapshot.count)),
        ("records", .integer(Int(clamping: state.records))),
        ("failures", .integer(Int(clamping: state.failures))),
        ("lastError", .string(state.lastError)),
        ("sources", .array(registry.sources.map(StatusReport.document(of:)))),
      ])
    }

    var page: HTMLPage {
      var page = HTMLPage(title: "waybill publisher of \(node)")
      if let unreadiness { page.paragraph("Not ready: \(unreadiness.escaped)", isWarning: true) }
      page.facts(facts)
      page.heading("Sources")
      page.table(StatusReport.sourceHeader, registry.sources.map(StatusReport.row))
      return page
    }
  }
#endif
