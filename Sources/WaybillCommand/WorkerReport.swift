import Concurrency
import Diagnostics
import ImageAPI
import ImageRegistry
import ImageWire
import Operations
import WaybillServer
import WaybillWorker

/// What a worker says of itself.
struct WorkerReport: ServiceReport {
  let worker: Worker
  let registry: ImageRegistry
  let signals: ShutdownSignals
  let rate = RequestRate()

  var unreadiness: String? {
    if signals.isStopping { return "stopping: what has arrived is answered" }
    let pending = registry.snapshot.pendingSources
    return pending.isEmpty ? nil : "not read yet: \(pending.joined(separator: ", "))"
  }

  private var report: StatusReport { StatusReport(status: WorkerStatus(of: registry, worker.meter)) }
  var json: String { report.document.json + "\n" }
  var text: String { report.table }

  func write(to metrics: inout MetricText) {
    metrics.writeService("worker", isReady: unreadiness == nil)
    metrics.write(worker.meter.refusals)
    metrics.write(worker.outstanding)
    var requests: [(labels: [String], value: Double)] = []
    worker.meter.forEachCount { method, outcome, count in
      requests.append(
        (labels: [method?.rawValue ?? "unknown", outcome?.name ?? "OK"], value: Double(count)))
    }
    metrics.write(Metric.requests, requests)
    metrics.write(Metric.requestSeconds, worker.meter.durations, scale: 1e9)
    metrics.write(Metric.replyBytes, worker.meter.replySizes)
    metrics.write(
      Metric.poolJoined,
      worker.pools.brokers.map { (labels: [$0], value: worker.pools.threads(in: $0) > 0 ? 1 : 0) })
    metrics.write(registry)
    let counts = registry.counts
    metrics.write(Metric.listBuilds, counts.listsBuilt)
    metrics.write(Metric.listBytes, counts.listBytes)
    guard let nodes = registry.snapshot.nodeCounts else { return }
    metrics.write(
      Metric.nodes,
      NodeStatus.State.allCases.map { (labels: [$0.rawValue], value: Double(nodes.states[$0] ?? 0)) })
    metrics.write(Metric.nodeImages, nodes.images)
  }

  var page: HTMLPage {
    let status = report.status
    var page = HTMLPage(title: "waybill worker \(status.node)")
    if let unreadiness { page.paragraph("Not ready: \(unreadiness)", isWarning: true) }
    let gaps = registry.snapshot.gaps
    if !gaps.isEmpty { page.paragraph("Warning: \(gaps.warning)", isWarning: true) }
    page.facts([
      ("images", "\(status.images)"), ("requests", "\(status.requests.answered)"),
      ("requests a second", rate.text(at: status.requests.answered)),
      ("errors", "\(status.requests.errors)"),
      ("replies", ImageListing.humanSize(status.requests.replyBytes)),
      ("uptime", Duration.text(ofSeconds: status.uptime)), ("instance", status.instance), ("version", status.version),
      ("etag", status.isReady ? status.etag : "none yet"),
    ])
    page.heading("Sources")
    page.table(
      ["source", "state", "images", "left out", "read", "what is wrong"],
      status.sources.map { source in
        [
          [source.name, source.runtime].filter { !$0.isEmpty }.joined(separator: ", "), source.state.rawValue,
          "\(source.images)", "\(source.leftOutCount)",
          source.age.map { "\(Duration.text(ofSeconds: $0)) ago" } ?? "never", source.lastError,
        ].map(\.escaped)
      })
    let leftOut = status.sources.flatMap { source in
      source.leftOut.map { [$0.image, source.name, $0.path, $0.reason].map(\.escaped) }
    }
    if !leftOut.isEmpty {
      page.heading("Images that are left out")
      page.table(["image", "source", "file", "why"], leftOut)
    }
    if !worker.pools.brokers.isEmpty {
      page.heading("Pools")
      page.table(
        ["broker", "threads in its pool"], worker.pools.brokers.map { [$0, "\(worker.pools.threads(in: $0))"] })
    }
    addNodes(to: &page)
    addImages(to: &page, sources: status.sources.map(\.name))
    return page
  }

  /// As many rows as a table of the page has.
  private static let maxRows = 200

  private func addNodes(to page: inout HTMLPage) {
    guard let counts = registry.snapshot.nodeCounts,
      case .nodes(let list)? = try? registry.snapshot.listNodes(ListNodesRequest(limit: Self.maxRows))
    else { return }
    page.heading("Nodes")
    let total = counts.states.values.reduce(0, +)
    if total > list.nodes.count { page.paragraph("The first \(list.nodes.count) of \(total), by name.") }
    page.table(
      ["node", "state", "images", "left out", "since"],
      list.nodes.map { node in
        [
          node.name, node.state.rawValue, "\(node.images)", "\(node.gaps.leftOut)", Duration.text(ofSeconds: node.age),
        ]
      })
  }

  private func addImages(to page: inout HTMLPage, sources: [String]) {
    let snapshot = registry.snapshot
    guard let selection = try? snapshot.select(ListImagesRequest(limit: Self.maxRows)) else { return }
    page.heading("Images")
    if snapshot.count > selection.count {
      page.paragraph("The first \(selection.count) of \(snapshot.count), by id.")
    }
    var rows: [[String]] = []
    selection.forEachImage { image, holders in
      let names = image.repoTags + (image.repoTags.isEmpty ? image.repoDigests : [])
      let nodes = snapshot.holders(of: image.id, atMost: 3)
      let places =
        nodes.count == 0
        ? holders.map { sources[$0] }
        : nodes.names + (nodes.count > nodes.names.count ? ["and \(nodes.count - nodes.names.count) more"] : [])
      rows.append(
        [
          names.isEmpty ? "<none>" : names.joined(separator: " "), String(image.id.hex.prefix(13)),
          ImageListing.humanSize(image.size), places.joined(separator: ", "),
        ].map(\.escaped))
    }
    page.table(["image", "id", "size", "where"], rows)
  }
}

/// How many requests a second came between two looks.
final class RequestRate: Sendable {
  private struct Look {
    let time = ContinuousClock.now
    let count: UInt64
  }

  private let looks = Lock<(before: Look, last: Look)>((Look(count: 0), Look(count: 0)))

  /// The rate up to now, since the look that was at least a second ago.
  func text(at count: UInt64) -> String {
    looks.withLock { looks in
      let look = Look(count: count)
      if looks.last.time.duration(to: look.time) >= .seconds(1) { looks = (looks.last, look) }
      let seconds = looks.before.time.duration(to: look.time) / .seconds(1)
      let rate = Double(count - looks.before.count) / max(seconds, 0.001)
      return "\((rate * 10).rounded() / 10) over the last \(Duration.text(ofSeconds: UInt64(max(1, seconds))))"
    }
  }
}
