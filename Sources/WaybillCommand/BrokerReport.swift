import ImageAPI
import Operations
import WaybillBroker
import WaybillServer

/// What a broker says of itself.
struct BrokerReport: ServiceReport, Printable {
  let board: BrokerBoard
  let signals: ShutdownSignals
  let rate = RequestRate()

  var unreadiness: String? {
    if signals.isStopping { return "stopping: what has arrived is answered" }
    return board.status == nil ? "not listening yet" : nil
  }

  var json: String { document.json + "\n" }
  var text: String { table }

  private var status: BrokerStatus { board.status ?? .initial }
  private var uptime: UInt64 { UInt64(board.started.duration(to: .now).components.seconds) }

  func write(to metrics: inout MetricText) {
    let (status, counts) = (status, status.counts)
    metrics.writeService("broker", isReady: unreadiness == nil)
    metrics.write(board.refusals)
    metrics.write(board.outstanding)
    metrics.write(
      Metric.brokerWorkers,
      BrokerStatus.Worker.State.allCases.map { state in
        (labels: [state.rawValue], value: Double(status.workers.count { $0.state == state }))
      })
    metrics.write(Metric.brokerQueued, status.queued)
    metrics.write(Metric.brokerQueueLimit, board.queueLimit)
    metrics.write(Metric.brokerInFlight, status.requests - status.queued)
    metrics.write(Metric.brokerAnswered, counts.answered)
    metrics.write(
      Metric.brokerRefused,
      StatusCode.allCases.map { (labels: [$0.name], value: Double(counts.refusals[$0] ?? 0)) })
    let dropped = [("gone", counts.gone), ("unread", counts.unread), ("late", counts.late)]
    metrics.write(Metric.brokerDropped, dropped.map { (labels: [$0.0], value: Double($0.1)) })
    metrics.write(Metric.brokerRedispatched, counts.repeated)
    metrics.write(Metric.brokerInvalid, counts.invalid)
    metrics.write(
      Metric.brokerLosses,
      counts.losses.sorted { $0.key < $1.key }.map { (labels: [$0.key], value: Double($0.value)) })
  }

  var table: String {
    let (status, counts) = (status, status.counts)
    let lines = [
      "version       \(version)",
      "uptime        \(Duration.text(ofSeconds: uptime))",
      "ready         \(unreadiness == nil ? "yes" : "no")",
      "workers       \(status.workers.count)",
      "queued        \(status.queued)",
      "in flight     \(status.requests - status.queued)",
      "clients       \(status.clients)",
      "answered      \(counts.answered)",
      "refused       \(counts.refused)",
      "redispatched  \(counts.repeated)",
      "unread        \(ImageListing.humanSize(UInt64(board.outstanding.byteCount)))",
      "",
    ]
    var workers = TextTable(header: Self.header.map { $0.uppercased() })
    for worker in status.workers { workers.append(Self.row(of: worker)) }
    return lines.map { $0 + "\n" }.joined() + workers.text
  }

  private static let header = ["worker", "address", "state", "since", "answered", "in flight"]

  private static func row(of worker: BrokerStatus.Worker) -> [String] {
    [
      worker.name, worker.address ?? "local", worker.state.rawValue,
      Duration.text(ofSeconds: seconds(since: worker.joined)), "\(worker.answered)", "\(worker.inFlight)",
    ]
  }

  private static func refusals(_ counts: BrokerCounts) -> [(name: String, count: Int)] {
    counts.refusals.sorted { $0.key.rawValue < $1.key.rawValue }.map { ($0.key.name, $0.value) }
  }

  private static func seconds(since time: ContinuousClock.Instant) -> UInt64 {
    UInt64(max(0, time.duration(to: .now).components.seconds))
  }

  var document: Document {
    let (status, counts) = (status, status.counts)
    return .object([
      ("version", .string(version)),
      ("uptime", .integer(Int(clamping: uptime))),
      ("ready", .bool(unreadiness == nil)),
      ("queued", .integer(status.queued)),
      ("inFlight", .integer(status.requests - status.queued)),
      ("clients", .integer(status.clients)),
      ("answered", .integer(counts.answered)),
      (
        "refused",
        .object(
          Self.refusals(counts).map { ($0.name, .integer($0.count)) })
      ),
      ("redispatched", .integer(counts.repeated)),
      ("unreadBytes", .integer(board.outstanding.byteCount)),
      (
        "workers",
        .array(
          status.workers.map { worker in
            .object([
              ("name", .string(worker.name)),
              ("address", worker.address.map { .string($0) } ?? .null),
              ("state", .string(worker.state.rawValue)),
              ("since", .integer(Int(clamping: Self.seconds(since: worker.joined)))),
              ("answered", .integer(worker.answered)),
              ("inFlight", .integer(worker.inFlight)),
            ])
          })
      ),
    ])
  }

  var page: HTMLPage {
    let (status, counts) = (status, status.counts)
    var page = HTMLPage(title: "waybill broker")
    if let unreadiness { page.paragraph("Not ready: \(unreadiness)", isWarning: true) }
    if status.workers.isEmpty {
      page.paragraph("There is no worker: every request is answered by UNAVAILABLE.", isWarning: true)
    }
    page.facts([
      ("workers", "\(status.workers.count)"), ("queued", "\(status.queued)"),
      ("in flight", "\(status.requests - status.queued)"), ("clients", "\(status.clients)"),
      ("answered", "\(counts.answered)"), ("answers a second", rate.text(at: UInt64(counts.answered))),
      ("refused", "\(counts.refused)"), ("redispatched", "\(counts.repeated)"),
      ("unread", ImageListing.humanSize(UInt64(board.outstanding.byteCount))),
      ("uptime", Duration.text(ofSeconds: uptime)), ("version", version),
    ])
    page.heading("Workers")
    page.table(Self.header, status.workers.map(Self.row))
    if !counts.refusals.isEmpty {
      page.heading("Requests that the broker refused")
      page.table(
        ["code", "requests"],
        Self.refusals(counts).map { [$0.name, "\($0.count)"] })
    }
    return page
  }
}
